"""Whether the package that bears the name of a missing module may be taken from an index.

Anybody can publish a package under a name that is free: that of a module which an organisation keeps to
itself, or a misspelt one. So a name alone is no evidence. It is taken where a table or the project's own text
says which package it is, or an installed package imports it itself; else only where the index has had it for
a while, and had it when the project was last committed: who wrote the import had it then. It is never taken
for a module that lies in the checkout, nor under a name that begins with the project's or its owner's.
"""

import datetime
import posixpath
import re
import sys
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
from packaging.utils import canonicalize_name

from okamochi.build.revision import read_commit_instant, read_revision
from okamochi.detect.packages.managers import WEB
from okamochi.errors import OkamochiError, PlanError
from okamochi.model.correction import Correction, CorrectionKind
from okamochi.model.import_names import distribution_of, is_known, is_known_distribution
from okamochi.model.plan import DependencyManager
from okamochi.pypi.asked import asked_of
from okamochi.pypi.manifests.package_facts import read_package
from okamochi.pypi.versions import published_by
from okamochi.run.proof.answer import Answer, last_line_of_code
from okamochi.run.traces import library_of_last_frame
from okamochi.system.clock import rfc3339, utc_now
from okamochi.system.git_folders import checkout_root
from okamochi.system.patterns import regex
from okamochi.system.project_files import DiskProject, ProjectFiles
from okamochi.system.world import World

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = [
    "COOLING_DAYS",
    "plain_name",
    "refuse_strangers",
    "told_unvouched",
    "vouched",
    "with_evidence",
]

COOLING_DAYS = 30
"""Hostile packages are mostly found and removed within days."""
SHORTEST_OWNER = 3
MOST_AT_ONCE = 4
MOST_TEXTS = 200
INSTALLS = regex(r"\b(?:pip3?|uv|poetry|pipenv|conda|mamba|pdm)\b[^\n]*\b(?:install|add)\b(?P<names>[^\n]*)")
LISTS = regex(
    r"(?:.*/)?(?:[\w.-]*requirements[\w.-]*\.(?:txt|in)|requirements/[^/]+\.(?:txt|in)|Pipfile)|(?:.*/)?\w*env\w*\.ya?ml"
)
ELSEWHERE = regex(r"\bindex\b|git\+|find-links|://")
"""A line that says where a package comes from says that it is not the index's."""
TEXTS = regex(r"(?:.*/)?(?:[^/]*Dockerfile[^/]*|README[^/]*|INSTALL[^/]*|[^/]+\.(?:sh|md|rst|ya?ml))")


class Vouched(msgspec.Struct, frozen=True):
    """`why` the name is taken; or, where it is empty, why it is `refused`."""

    why: str = ""
    refused: str = ""


def with_evidence(
    found: Correction | None, answer: Answer | None, planned: "PlannedProject", world: World
) -> Correction | None:
    """The same correction, with why its package is taken; None where it asks for one by a name alone."""
    module = missed_module(answer)
    if found is None or found.kind is not CorrectionKind.REQUIREMENT or not module:
        return found
    if found.value != distribution_of(module):
        return found  # another version of what is there
    judged = imported_by(module, answer) or vouched(module, found.value, planned, world)
    return Correction.of(found.kind, found.value, f"{found.reason}; {judged.why}") if judged.why else None


def told_unvouched(answer: Answer | None, planned: "PlannedProject", world: World) -> str:
    """What to do about a module whose package was not taken; "" where nothing was refused."""
    module = missed_module(answer)
    if not module or module in sys.stdlib_module_names:
        return ""
    package = distribution_of(module)
    judged = imported_by(module, answer) or vouched(module, package, planned, world)
    if judged.why:
        return ""
    return (
        f"nothing that the project asks for brings {module}, and {package} is not taken for its name alone: "
        f"{judged.refused}. Write into the requirements the package that it comes from, or put the module "
        "where the app finds it"
    )


def imported_by(module: str, answer: Answer | None) -> Vouched | None:
    """An installed package whose own line imports the module: who wrote it knew whose it is. A name that the
    app gave it to import is none such."""
    if answer is None:
        return None
    if answer.broken is not None:
        return imported_by(module, answer.broken)
    library = library_of_last_frame(answer.text)
    line = last_line_of_code(answer.text)
    if not library or re.match(rf"(?:import|from)\s+{re.escape(module)}\b", line) is None:
        return None
    return Vouched(why=f"{library} imports it")


def refuse_strangers(planned: "PlannedProject", world: World, *, but: Collection[str] = ()) -> None:
    """PlanError where nothing but imports says what is needed, and names of some are no evidence. `but` those
    that an older lock has."""
    dependencies = planned.plan.dependencies
    if dependencies.manager is not DependencyManager.IMPORTS:
        return
    names = [one for one in dependencies.inline if plain_name(one) not in but and " @ " not in one]
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        judged = list(
            pool.map(lambda one: vouched(plain_name(one).replace("-", "_"), one, planned, world), names)
        )
    refused = [f"{name}: {found.refused}" for name, found in zip(names, judged, strict=True) if not found.why]
    if refused:
        raise PlanError(
            "nothing lists the dependencies, and the names of some imports are no evidence of whose they are",
            where=", ".join(dependencies.input_files[:3]),
            hint="write a requirements.txt with the packages that the app needs; a module of the project "
            "itself among these names is not in the folder (git keeps no empty folder and nothing that "
            ".gitignore names)",
            details=tuple(refused),
        )


def missed_module(answer: Answer | None) -> str:
    """The top-level module that the proof missed, on the first page or on another one."""
    if answer is None:
        return ""
    if answer.broken is not None:
        return missed_module(answer.broken)
    missing = answer.outcome == "failed" and answer.error == "ModuleNotFoundError"
    return answer.name.partition(".")[0] if missing else ""


def vouched(module: str, requirement: str, planned: "PlannedProject", world: World) -> Vouched:
    """For a top-level module that nothing brings and the package that would be asked for; asked once."""
    key = ("vouched", planned.root, module, requirement)
    return world.once.answer(key, lambda: judgement_of(module, requirement, planned, world))


def judgement_of(module: str, requirement: str, planned: "PlannedProject", world: World) -> Vouched:
    package = plain_name(requirement)
    own = own_place(module, files_of_checkout(planned, world))
    if own and (around := library_around(own, package, planned)):
        return Vouched(
            refused=f"{own} is of {around}, the package around this folder; where the published one is "
            f"meant, let a requirements.txt here say {around}"
        )
    if own:
        return Vouched(refused=f"{own} is the project's own of that name, on no path where it is looked for")
    if is_known(module) or is_known_distribution(package):
        return Vouched(why=f"{package} is known to bring it")
    owner = private_name(package, planned)
    if owner:
        return Vouched(refused=f"its name is one of {owner}, so what a public index has is a stranger's")
    said = named_in(package, planned.project)
    if said:
        return Vouched(why=f"{said} names it")
    return published(package, planned, world)


def plain_name(requirement: str) -> str:
    return canonicalize_name(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])


def published(package: str, planned: "PlannedProject", world: World) -> Vouched:
    committed = read_commit_instant(planned.root)
    cooled = rfc3339(utc_now() - datetime.timedelta(days=COOLING_DAYS))
    instant = min(committed or cooled, cooled)
    version = published_by(
        world, package, instant, project_root=planned.root, dependencies=planned.plan.dependencies
    )
    day = instant[:10]
    if not version:
        when = (
            ", when the project was last committed" if instant == committed else f", {COOLING_DAYS} days ago"
        )
        return Vouched(refused=f"no index is known to have had {package} on {day}{when}")
    return Vouched(why=f"{package} {version} was there on {day}")


def files_of_checkout(planned: "PlannedProject", world: World) -> frozenset[str]:
    """Looked through once, however many names are judged."""

    def found() -> frozenset[str]:
        try:
            top = checkout_root(planned.root)
            project = DiskProject.open(top) if top is not None else planned.project
            return frozenset(project.files())
        except OkamochiError:  # there is too much above the project
            return frozenset(planned.project.files())

    return world.once.answer(("files of checkout", planned.root), found)


def own_place(module: str, present: frozenset[str]) -> str:
    """Where the checkout has a module of that name, outside of packages: it is missed since its folder is on
    no path, or is kept out."""
    for path in sorted(one for one in present if one.endswith(".py")):
        parts = path.removesuffix(".py").split("/")
        if module not in parts:
            continue
        folder = "/".join(parts[: parts.index(module)])
        if posixpath.join(folder, "__init__.py") not in present:
            return path
    return ""


def library_around(own: str, package: str, planned: "PlannedProject") -> str:
    """The name of the package that the checkout builds of the module, as in examples/ of a library; "" for
    a module of the project itself, or one that no package file names."""
    top = checkout_root(planned.root)
    if top is None or top == planned.root:
        return ""
    try:
        project = DiskProject.open(top)
    except OkamochiError:
        return ""
    for folder in (posixpath.dirname(posixpath.dirname(own)), ""):
        facts = read_package(project, folder)
        if facts is not None and canonicalize_name(facts.name) == package:
            return facts.name
    return ""


def private_name(package: str, planned: "PlannedProject") -> str:
    """Whose name a package begins with: the project's, or its owner's on the forge that it came from. A
    project that is called like a framework, or like what it asks for, has not the say over that name."""
    if {"internal", "private"} & set(package.split("-")):
        return "somebody who keeps it to themselves"
    asked = asked_of(planned.project, planned.plan.dependencies).names
    source = read_revision(planned.root).source.removesuffix(".git").split("/")
    names = (planned.plan.name, planned.plan.application.package, *source[-2:])
    for owner in (canonicalize_name(one) for one in names if one):
        public = owner in asked or WEB.fullmatch(owner) is not None or len(owner) < SHORTEST_OWNER
        if not public and f"{package}-".startswith(f"{owner}-"):
            return owner
    return ""


def named_in(package: str, project: ProjectFiles) -> str:
    """The file of the project's own that installs or lists the package, though not for what is built here."""
    for path in texts_of(project):
        text = "\n".join(
            line for line in (project.read_text(path) or "").splitlines() if ELSEWHERE.search(line) is None
        )
        if LISTS.fullmatch(path) is not None:
            said = "\n".join(line.partition("#")[0] for line in text.splitlines())
        else:
            said = "\n".join(found["names"] for found in INSTALLS.finditer(text))
        if said and names(said, package):
            return path
    return ""


def names(text: str, package: str) -> bool:
    """As a word of its own: brings-more is another package."""
    pattern = r"(?<![\w./-])" + re.escape(package).replace(r"\-", "[-_.]") + r"(?![\w-])"
    return re.search(pattern, text, re.IGNORECASE) is not None


def texts_of(project: ProjectFiles) -> Iterator[str]:
    found = [one for one in project.files() if LISTS.fullmatch(one) or TEXTS.fullmatch(one)]
    yield from sorted(found, key=lambda one: (one.count("/"), posixpath.basename(one)))[:MOST_TEXTS]
