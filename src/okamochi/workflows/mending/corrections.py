"""What follows from a failed proof: one more requirement, an older index, a folder that may be written."""

import hashlib
import posixpath
import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
from packaging.utils import canonicalize_name

from okamochi.detect.serving.health import rank
from okamochi.detect.source.sources import Sources
from okamochi.detect.variables.missing_configuration import missing_configuration
from okamochi.errors import OkamochiError
from okamochi.model.correction import ANY_ANSWER, Correction, CorrectionKind, corrected, is_sound
from okamochi.model.evidence import Origin
from okamochi.model.import_names import distribution_of
from okamochi.model.lock_codec import lock_from_json
from okamochi.model.plan import APP_ROOT, VENV_ROOT, Plan
from okamochi.model.process import HttpProbe, TcpProbe, request_path
from okamochi.pypi.meaning import meaning
from okamochi.run.import_failures import SET_UP_LATE, withholding_package
from okamochi.run.proof.answer import Answer, Outcome, Verdict, verdict_of
from okamochi.system.patterns import regex
from okamochi.workflows.mending.lazy_annotations import lazy_annotations
from okamochi.workflows.mending.newer_python import newer_python
from okamochi.workflows.mending.older_library import CAME_OUT
from okamochi.workflows.mending.older_python import before_its_code, left_out, older_python
from okamochi.workflows.mending.unwanted_keyword import refusing_package
from okamochi.workflows.rebuilding.remembered import LOCK_LIMIT_BYTES, LOCK_NAME

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = [
    "correction_for",
    "lacking_installed",
    "with_correction",
    "with_kept_corrections",
    "written_folder",
]

NOTHING: Mapping[str, str] = {}
LACKS = (
    regex(r"cannot import name '\w+' from '([\w.]+)' \(.*/site-packages/"),
    regex(r"^module '([\w.]+)' has no attribute"),
)
# Before the oldest Python that there is a base for came out, an index had no compiled packages for any: to
# build a whole scientific stack from source, only to meet the next error, serves nobody.
WHEELS_SINCE = min(CAME_OUT.values())
PSYCOPG2 = frozenset({"psycopg2", "psycopg2-binary"})
# each takes a build and a proof
MOST_MINORS = 2
RELEASE = regex(r"(?P<major>\d+)\.(?P<minor>\d+)")
CLOSED = (401, 403)
KEPT = regex(r"data|db|sqlite|upload|media|instance|store|storage|files|backup", re.IGNORECASE)


def with_kept_corrections(
    planned: "PlannedProject", *, but: frozenset[CorrectionKind] = frozenset()
) -> "PlannedProject":
    """The plan with what the lock's corrections say, `but` those kinds, when they were made for this very
    plan."""
    digest = plan_digest(planned)
    planned = replace(planned, uncorrected=digest)
    content = planned.project.read_bytes(LOCK_NAME, limit_bytes=LOCK_LIMIT_BYTES)
    if content is None or b'"corrections": []' in content:
        return planned
    try:
        lock = lock_from_json(content, where=LOCK_NAME)
    except OkamochiError:
        return planned  # who needs the lock says what is wrong with it
    if lock.corrected_plan != digest:
        return planned
    kept = tuple(one for one in lock.corrections if one.kind not in but)
    return replace(planned, plan=corrected(planned.plan, kept), corrections=kept)


def with_correction(planned: "PlannedProject", correction: Correction) -> "PlannedProject":
    plan = corrected(planned.plan, (correction,))
    return replace(planned, plan=plan, corrections=(*planned.corrections, correction))


def plan_digest(planned: "PlannedProject") -> str:
    """Of all that a proof depends on and that a change of the project may mend."""
    plan = planned.plan
    parts = (
        plan.python_version,
        plan.application,
        *meaning(planned.project, plan.dependencies),
        plan.volumes,
        plan.temporary_folders,
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def correction_for(
    verdict: Verdict,
    answer: Answer | None,
    planned: "PlannedProject",
    *,
    installed: Mapping[str, str] = NOTHING,
    refused: Collection[tuple[str, str]] = (),
) -> Correction | None:
    """The one change that the evidence supports; None when there is none, or it was tried before. `installed`
    are the versions of the image's packages by name; `refused` are kinds and values that cannot be had."""
    found: Correction | None = None
    match verdict.outcome:
        case _ if verdict.cause is not None and verdict.cause.text == SET_UP_LATE:
            found = None  # of no version will it be another
        case Outcome.MISSING_MODULE | Outcome.LIBRARY | Outcome.FAILED if answer is not None and answer.asked:
            found = asked_requirement(answer)
        case Outcome.MISSING_MODULE | Outcome.LIBRARY | Outcome.FAILED if gone := left_out(verdict, answer):
            found = older_python(gone, verdict, planned)
        case _ if answer is not None and (lazy := lazy_annotations(answer, planned)) is not None:
            found = lazy
        case _ if answer is not None and (before := before_its_code(answer, planned)) is not None:
            found = before
        case Outcome.MISSING_MODULE if package := package_without(verdict.subject, installed):
            found = older(verdict, package, planned, installed, refused, since=WHEELS_SINCE)
        case Outcome.MISSING_MODULE:
            found = missing_requirement(verdict, planned, installed)
        case Outcome.LIBRARY:
            found = older(verdict, lacking_package(answer), planned, installed, refused)
        case Outcome.FAILED if answer is not None and (
            old := lacking_installed(answer, installed) or refusing_package(answer, planned, installed)
        ):
            found = older(verdict, old, planned, installed, refused)
        case Outcome.FAILED if answer is not None and refused_by_streamlit(answer):
            found = older_index(verdict, planned, since=WHEELS_SINCE)
        case Outcome.UNREADABLE:
            found = newer_python(verdict, planned)
        case Outcome.READ_ONLY:
            found = written_folder(verdict.subject, "", planned)
        case Outcome.NO_FOLDER:
            found = filled_folder(verdict.subject, planned)
        case Outcome.PROVED if answer is not None:
            wanted = (written_folder(write.path, write.place, planned) for write in answer.writes)
            found = (
                next((one for one in wanted if one is not None), None)
                or health_page(answer, planned)
                or moved_health(answer, planned)
                or closed_health(answer, planned)
                or for_a_page(answer, planned, installed=installed, refused=refused)
            )
        case _:
            pass
    if found is None or not is_sound(found):
        return None
    return None if found.key in {*refused, *(one.key for one in planned.corrections)} else found


def older(
    verdict: Verdict,
    package: str,
    planned: "PlannedProject",
    installed: Mapping[str, str],
    refused: Collection[tuple[str, str]],
    *,
    since: str = "",
) -> Correction | None:
    """All packages as they were, unless that was refused or before `since`; else this one. Those of a day
    before any Python that is offered are mostly built from source, and did not know it: then this one is
    lowered first, as long as there is something to lower."""
    tried = {*refused, *(one.key for one in planned.corrections)}
    by_day = older_index(verdict, planned, since=since)
    alone = older_library(verdict, package, installed, planned)
    if by_day is None or by_day.key in refused:
        return alone
    before_wheels = by_day.value < WHEELS_SINCE
    return alone if before_wheels and alone is not None and alone.key not in tried else by_day


def for_a_page(
    answer: Answer,
    planned: "PlannedProject",
    *,
    installed: Mapping[str, str],
    refused: Collection[tuple[str, str]],
) -> Correction | None:
    """What lets another page of the app find what it imports."""
    if answer.broken is None:
        return None
    verdict = verdict_of(answer.broken)
    if verdict.outcome not in (Outcome.MISSING_MODULE, Outcome.LIBRARY):
        return None
    return correction_for(verdict, answer.broken, planned, installed=installed, refused=refused)


def health_page(answer: Answer, planned: "PlannedProject") -> Correction | None:
    """A page of a health route's name that answered well, where the source told of none."""
    plan = planned.plan
    if not isinstance(plan.web.probe, TcpProbe) or not is_probe_of(Origin.DEFAULT, plan):
        return None
    path = open_health(answer)
    if not path:
        return None
    return Correction.of(
        CorrectionKind.HEALTH,
        path,
        f"the proof saw {path} answer, a route that the source alone does not show",
    )


def closed_health(answer: Answer, planned: "PlannedProject") -> Correction | None:
    """An open page of such a name, else any answer, where the health route that the source shows wants
    somebody who is logged in: to an orchestrator the app would be ill for ever."""
    plan = planned.plan
    if not isinstance(plan.web.probe, HttpProbe) or not is_probe_of(Origin.DETECTED, plan):
        return None
    path = request_path(plan.web.probe.path)
    status = next((one.status for one in answer.pages if one.path == path), 0)
    if status not in CLOSED:
        return None
    reason = f"the proof saw {path} answer {status}: it wants somebody who is logged in"
    return Correction.of(CorrectionKind.HEALTH, open_health(answer) or ANY_ANSWER, reason)


def open_health(answer: Answer) -> str:
    """The best page of a health route's name that answered well; ""."""
    named = sorted((rank(one.path), one.path) for one in answer.pages if 200 <= one.status < 300)
    return next((path for place, path in named if place >= 0), "")


def moved_health(answer: Answer, planned: "PlannedProject") -> Correction | None:
    """The only route of the app that ends as the health route that the source shows, where the app has no
    such one: a router above it puts a path of its own in front."""
    plan = planned.plan
    if not isinstance(plan.web.probe, HttpProbe) or not is_probe_of(Origin.DETECTED, plan):
        return None
    path = request_path(plan.web.probe.path).rstrip("/")
    there = [one.path for one in answer.routes if not one.methods or "GET" in one.methods]
    if not path or path in {one.rstrip("/") for one in there}:
        return None
    ends = [one for one in there if one.rstrip("/").endswith(path)]
    if len(ends) != 1:
        return None
    reason = f"the proof saw the route {ends[0]}, and none that is {path} alone"
    return Correction.of(CorrectionKind.HEALTH, ends[0], reason)


def is_probe_of(origin: Origin, plan: Plan) -> bool:
    return any(one.field == "processes.web.probe" and one.origin is origin for one in plan.decisions)


def asked_requirement(answer: Answer) -> Correction:
    said = " ".join(answer.message.split())
    reason = f"an installed package asks for {answer.asked}: {said}"
    return Correction.of(CorrectionKind.REQUIREMENT, answer.asked, reason)


def missing_requirement(
    verdict: Verdict, planned: "PlannedProject", installed: Mapping[str, str]
) -> Correction | None:
    module = verdict.subject.partition(".")[0]
    if module in sys.stdlib_module_names or is_own(module, planned):
        return None
    absent = missing_configuration(Sources(planned.project))
    if absent is not None and absent.module == module:
        return None  # what an index has under that name is a stranger's
    requirement = distribution_of(module)
    why = "which no requirement brings"
    if module == "psycopg" and "sqlalchemy" in installed and not PSYCOPG2.isdisjoint(installed):
        # https://docs.sqlalchemy.org/en/21/changelog/migration_21.html
        why = (
            f"which SQLAlchemy {installed['sqlalchemy']} takes for postgresql://"
            " (postgresql+psycopg2:// would keep the project's psycopg2)"
        )
    reason = f"the proof could not import {verdict.subject}{verdict.place}, {why}"
    return Correction.of(CorrectionKind.REQUIREMENT, requirement, reason)


def package_without(module: str, installed: Mapping[str, str]) -> str:
    """The installed package that lacks this part of its own: of a name with dots Python tells the whole only
    when what is before the last dot was found. "" when it is no part of one."""
    top, dot, _ = module.partition(".")
    package = canonicalize_name(distribution_of(top)) if dot else ""
    return package if package in installed else ""


def lacking_package(answer: Answer | None) -> str:
    if answer is None:
        return ""
    told = (found[1] for one in LACKS if (found := one.search(answer.message)))
    module = next(told, "") or withholding_package(answer.text)
    return canonicalize_name(distribution_of(module.partition(".")[0])) if module else ""


def refused_by_streamlit(answer: Answer) -> bool:
    """Whether it does not take what the script gives it. The traceback that its page shows is without its own
    frames; a secret or a page that is not there is missing in any version."""
    return answer.error.startswith("streamlit.errors.") and not answer.error.endswith("NotFoundError")


def lacking_installed(answer: Answer, installed: Mapping[str, str]) -> str:
    """The same, where it is a package of the image and no module of the app; ""."""
    package = lacking_package(answer)
    return package if package in installed else ""


def older_index(verdict: Verdict, planned: "PlannedProject", *, since: str = "") -> Correction | None:
    """What nothing pins is taken as it was when the project was last worked on, unless that was before
    `since`."""
    from okamochi.build.revision import read_commit_instant

    dependencies = planned.plan.dependencies
    instant = read_commit_instant(planned.root)
    if dependencies.exclude_newer or dependencies.lock_file or not instant or instant < since:
        return None
    reason = f"with today's packages {verdict.said}; the last commit is of {instant[:10]}"
    return Correction.of(CorrectionKind.EXCLUDE_NEWER, instant, reason)


def older_library(
    verdict: Verdict, package: str, installed: Mapping[str, str], planned: "PlannedProject"
) -> Correction | None:
    """Of a package that lacks a name or a module which others import from it: what came before its major
    version, which is where they are removed (semantic versioning, 8); then, since not everybody counts so,
    before its minor one and the next; then before the major version that this is of."""
    version = RELEASE.match(installed.get(package, ""))
    if version is None:
        return None
    major, minor = version["major"], version["minor"]
    lowered = [one for one in planned.plan.dependencies.added if one.startswith(f"{package}<")]
    if int(major) < 1:
        return None
    of_this = [one for one in lowered if one.startswith(f"{package}<{major}.")]
    by_minor = bool(lowered) and int(minor) > 0 and len(of_this) < MOST_MINORS
    below = f"{major}.{minor}" if by_minor else major
    reason = f"{verdict.said}; {package} {installed[package]} is installed"
    return Correction.of(CorrectionKind.REQUIREMENT, f"{package}<{below}", reason)


def is_own(module: str, planned: "PlannedProject") -> bool:
    """Also the folder's own name, under which the app's author imports it from the folder above."""
    if module in (planned.root.resolve().name, planned.plan.application.package):
        return True
    project, root = planned.project, planned.plan.application.import_root
    places = {"", "src", root}
    return any(
        project.exists(posixpath.join(place, f"{module}.py")) or project.is_dir(posixpath.join(place, module))
        for place in places
    )


def written_folder(
    path: str, place: str, planned: "PlannedProject", seen: str = "the proof saw"
) -> Correction | None:
    """Of a path that was to be written: its folder, or the file alone when that holds code; None when it may
    be written anyway."""
    path = posixpath.normpath(path) + "/" * path.endswith("/")
    folder = path.rstrip("/") if path.endswith("/") else posixpath.dirname(path)
    who = place.removeprefix(f"{APP_ROOT}/") or "a library"
    reason = f"{seen} {who} write {path}"
    if f"{folder}/".startswith(f"{home_of(planned)}/.") and not is_volume(folder, planned):
        return Correction.of(CorrectionKind.VOLUME, folder, reason)
    if is_writable(folder, planned):
        return None
    if path.endswith("/") and f"{folder}/".startswith(f"{VENV_ROOT}/lib/"):
        # a package makes a folder beside its own code when it is imported; what it writes there is no data
        return Correction.of(CorrectionKind.TEMPORARY_FOLDER, folder, reason)
    if not f"{folder}/".startswith(f"{APP_ROOT}/"):
        return None
    if folder == APP_ROOT or holds_code(folder, planned):
        if path.endswith("/") or any(one.path == path for one in planned.plan.moved_files):
            return None
        return Correction.of(CorrectionKind.MOVED_FILE, path, reason)
    kept = KEPT.search(path) is not None or ships(folder, planned)
    kind = CorrectionKind.VOLUME if kept else CorrectionKind.TEMPORARY_FOLDER
    return Correction.of(kind, folder, reason)


def filled_folder(folder: str, planned: "PlannedProject") -> Correction | None:
    """A folder that the app looks into and that no clone has: a volume, when its name says that it is filled
    while the app runs. Any other (dist, static, templates) somebody forgot to make or to commit."""
    inside = f"{folder}/".startswith(f"{APP_ROOT}/") and folder != APP_ROOT
    if not inside or KEPT.search(folder.removeprefix(APP_ROOT)) is None or is_writable(folder, planned):
        return None
    reason = f"the proof saw the app look into {folder}, which is filled while it runs"
    return Correction.of(CorrectionKind.VOLUME, folder, reason)


def ships(folder: str, planned: "PlannedProject") -> bool:
    """A folder in memory would hide what the project has there; a new volume starts with it."""
    relative = folder.removeprefix(f"{APP_ROOT}/")
    return planned.project.is_dir(relative) and bool(planned.project.files("*", within=relative))


def holds_code(folder: str, planned: "PlannedProject") -> bool:
    relative = folder.removeprefix(f"{APP_ROOT}/")
    inside = planned.project.is_dir(relative)
    return inside and bool(planned.project.files("**/*.py", within=relative))


def home_of(planned: "PlannedProject") -> str:
    """Its folder is in memory: a database in ~/.config would be lost with the container."""
    return dict(planned.plan.image_environment).get("HOME", "/tmp").rstrip("/")


def is_volume(folder: str, planned: "PlannedProject") -> bool:
    return any(f"{folder}/".startswith(f"{one.path}/") for one in planned.plan.volumes)


def is_writable(folder: str, planned: "PlannedProject") -> bool:
    plan = planned.plan
    roots = (*(one.path for one in plan.volumes), *(one.path for one in plan.temporary_folders))
    return any(f"{folder}/".startswith(f"{root}/") for root in roots)
