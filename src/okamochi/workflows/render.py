"""`okamochi render`: plain files from the plan; hand edits are never overwritten silently."""

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from okamochi.detect.files.rendered_folders import rendered_folder, rendered_folders
from okamochi.model.finding import Finding
from okamochi.model.lock import Lock
from okamochi.model.lock_codec import lock_from_json
from okamochi.model.plan import Plan
from okamochi.render.rendering import Rendering
from okamochi.render.requirements_lock import locked_wheels
from okamochi.system.world import World
from okamochi.workflows.from_source.source_builds import build_again
from okamochi.workflows.layers.native_memory import with_locked_packages
from okamochi.workflows.layers.platforms import chosen_platform
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.plan import PlannedProject, plan_project
from okamochi.workflows.rebuilding.remembered import LOCK_NAME, lock_content
from okamochi.workflows.relock import relock
from okamochi.workflows.rendered.beside_rendered import (
    left_compose_files,
    unbuildable_compose,
    without_the_app,
)
from okamochi.workflows.rendered.kept import keep, kept_without
from okamochi.workflows.rendered.rendered_files import Outcome
from okamochi.workflows.rendered.session import OwnFiles, RenderRequest, RenderSession
from okamochi.workflows.starting.env_check import project_findings

__all__ = ["render"]

DOCKERFILE = "dockerfile"
"""The one target that installs what is locked, and that holds what the image has of the project's own."""
ENV_SAMPLE = "env-sample"
Findings = tuple[tuple[str, tuple[Finding, ...]], ...]


@dataclass(frozen=True)
class Written:
    """Paths relative to the output: `written` now, the `same` as before, those with `edits` by hand, and what
    was `removed` because nothing needs it any more. `findings` are those of each target, the general ones
    under "". A check has none: what the files say was told when they were written."""

    written: tuple[str, ...]
    same: tuple[str, ...]
    edits: tuple[str, ...]
    removed: tuple[str, ...]
    findings: Findings


def render(request: RenderRequest, world: World) -> Written:
    """All files or none. UsageError for an unknown target, Drift when files are in the way or differ."""
    session = RenderSession.open(request, world)
    planned, lock = planned_and_locked(request.path, session)
    plan = without_output(with_locked_packages(planned.plan, lock), planned, session.output)
    own = own_files(world, planned, lock) if session.writes(DOCKERFILE) else ()
    rendered = session.rendered(plan, lock, own)
    if request.check and request.target == "all" and session.record.files:
        rendered = session.of_the_last_time(rendered)
    outcomes = session.settled([file for one in rendered.values() for file in one.files])
    if request.check:
        return written(outcomes, ())
    findings = findings_of(rendered, planned, session.output)
    replaced = session.replaced(outcomes)
    kept = kept_without(planned.project, world, replaced if session.output == planned.root else ())
    session.write(outcomes)
    done = written(outcomes, findings)
    if not replaced:
        return done
    # the plan rested on them, and gives reasons: written once more as it will be from now on
    said, again = tuple(keep(kept, planned)), render(request, world)
    return replace(again, written=done.written, findings=(*again.findings, ("", said)))


def written(outcomes: Iterable[Outcome], findings: Findings) -> Written:
    outcomes = sorted(outcomes, key=lambda one: one.file.path)
    return Written(
        written=tuple(one.file.path for one in outcomes if one.changed and one.content is not None),
        same=tuple(one.file.path for one in outcomes if not one.changed and one.content is not None),
        edits=tuple(one.file.path for one in outcomes if one.edited),
        removed=tuple(one.file.path for one in outcomes if one.changed and one.content is None),
        findings=findings,
    )


def findings_of(rendered: dict[str, Rendering], planned: PlannedProject, output: Path) -> Findings:
    """Of each target, and then the general ones."""
    paths = [file.path for one in rendered.values() for file in one.files]
    findings = {target: one.findings for target, one in rendered.items()}
    if ENV_SAMPLE in findings:
        findings[ENV_SAMPLE] = (*findings[ENV_SAMPLE], *project_findings(planned.plan, planned.root))
    findings[""] = (
        *left_compose_files(output, paths),
        *unbuildable_compose(output, paths),
        *without_the_app(output, planned.root, paths),
    )
    return tuple((target, found) for target, found in findings.items() if found)


def without_output(plan: Plan, planned: PlannedProject, output: Path) -> Plan:
    """As the next plan has it, when the files are there: else the first one would not agree with it."""
    if output == planned.root or not output.is_relative_to(planned.root):
        return plan
    own = rendered_folder(planned.project, output.relative_to(planned.root).as_posix())
    folders = sorted({own, *rendered_folders(planned.project)}, key=lambda one: one.path)
    first = [one.pattern for one in folders]
    rest = (one for one in plan.source.exclude if one not in first)
    return structs.replace(plan, source=structs.replace(plan.source, exclude=(*first, *rest)))


def own_files(world: World, planned: PlannedProject, lock: Lock | None) -> OwnFiles:
    """What the image holds of the project's own packages beside their source: their metadata; all of those
    that lie elsewhere, in a git repository or beside the project, since a Dockerfile cannot reach them."""
    session = LockSession.open(world, planned, chosen_platform(None), LockMode.KEEP)
    fetched = tuple(one for one in locked_wheels(lock) if one.url.startswith("git+"))
    if fetched:
        build_again(session, fetched)
    paths = {one.wheel.name: one.path for one in session.local()}
    paths |= {one.name: path for one in fetched if (path := world.cache.blob(one.sha256)) is not None}
    found = []
    for package, place in paths.items():
        with zipfile.ZipFile(place) as archive:
            for name in archive.namelist():
                if not name.endswith("/RECORD"):
                    found.append((f"{package}/{name}", archive.read(name)))
    return tuple(sorted(found))


def planned_and_locked(path: Path, session: RenderSession) -> tuple[PlannedProject, Lock | None]:
    """The plan and its lock, brought up to date first where a target installs what is locked."""
    world = session.world
    planned = plan_project(path, world)
    if not session.writes(DOCKERFILE):
        return planned, lock_of(planned)
    mode = LockMode.LOCKED if session.check else LockMode.KEEP
    locking = LockSession.open(world, planned, chosen_platform(None), mode)
    if locking.fitting is not None:
        return planned, locking.old
    session.refuse_what_is_in_the_way(planned.plan)
    relock(path, world, upgrade=False, platform=None)
    planned = plan_project(path, world)
    return planned, lock_of(planned)


def lock_of(planned: PlannedProject) -> Lock | None:
    content = lock_content(planned.project)
    return lock_from_json(content, where=LOCK_NAME) if content is not None else None
