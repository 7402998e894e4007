"""`okamochi render`: plain files from the plan; hand edits are never overwritten silently."""

import dataclasses
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from okamochi.detect.adoption.kept import Kept
from okamochi.detect.files.rendered_folders import rendered_folder, rendered_folders
from okamochi.errors import UsageError
from okamochi.model.finding import Finding, Severity
from okamochi.model.lock import Lock
from okamochi.model.lock_codec import lock_from_json
from okamochi.model.plan import Plan
from okamochi.model.settings_reader import OWN_FILE, read_settings
from okamochi.render.dockerfile import BASES, DockerfileRenderer
from okamochi.render.renderers import RENDERERS
from okamochi.render.rendering import Language, RenderedFile, Renderer, Rendering
from okamochi.render.requirements_lock import locked_wheels
from okamochi.system.files import write_atomic
from okamochi.system.world import World
from okamochi.workflows.adopt import settings_text
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
from okamochi.workflows.rendered.kept import kept_without
from okamochi.workflows.rendered.rendered_files import (
    Drift,
    Outcome,
    Record,
    compared,
    differences,
    read_record,
    write_outcomes,
)
from okamochi.workflows.starting.env_check import project_findings

__all__ = ["RenderRequest", "render"]

PINNED_TARGETS = frozenset({"dockerfile"})
ENV_SAMPLE = "env-sample"
NEEDED = {"devcontainer": ("dockerfile", "compose")}
"""What a target's files cannot do without is written with them."""


@dataclass(frozen=True, kw_only=True)
class RenderRequest:
    """`target` is a renderer's name, or "all". `output` is the project's folder when it is None. `language`
    and `base` are those of the last time when they are None. To check "all" is to check what was rendered."""

    path: Path
    target: str
    output: Path | None = None
    check: bool = False
    force: bool = False
    language: Language | None = None
    base: str | None = None


@dataclass(frozen=True)
class Written:
    """Paths relative to the output: `written` now, the `same` as before, those with `edits` by hand, and what
    was `removed` because nothing needs it any more. `findings` are those of each target, the general ones
    under "". A check has none: what the files say was told when they were written."""

    written: tuple[str, ...]
    same: tuple[str, ...]
    edits: tuple[str, ...]
    removed: tuple[str, ...]
    findings: tuple[tuple[str, tuple[Finding, ...]], ...]


def render(request: RenderRequest, world: World) -> Written:
    """All files or none. UsageError for an unknown target, Drift when files are in the way or differ."""
    output = (request.output or request.path).resolve()
    record = read_record(output)
    language = request.language or language_of(record)
    base = request.base or (record.base if record.base in BASES else BASES[0])
    renderers = chosen(request.target)
    planned, lock = planned_and_locked(request, renderers, world, output, record)
    plan = without_output(with_locked_packages(planned.plan, lock), planned, output)
    own = own_files(world, planned, lock) if any(one.target == "dockerfile" for one in renderers) else ()
    renderers = with_base(renderers, base, own)
    rendered = {one.target: one.render(plan, language, lock) for one in renderers}
    if request.check and request.target == "all" and record.files:
        rendered = {target: found for target, found in rendered.items() if is_recorded(found, record)}
    files = tuple(file for found in rendered.values() for file in found.files)
    findings = {target: list(found.findings) for target, found in rendered.items()}
    if ENV_SAMPLE in findings:
        findings[ENV_SAMPLE] += project_findings(planned.plan, planned.root)
    paths = [file.path for file in files]
    findings[""] = [
        *left_compose_files(output, paths),
        *unbuildable_compose(output, paths),
        *without_the_app(output, planned.root, paths),
    ]
    outcomes = settled(request, world, output, files, record)
    if not request.check:
        replaced = [one.file.path for one in outcomes if is_replaced(one, record)]
        kept = kept_without(planned.project, world, replaced if output == planned.root else ())
        write_outcomes(output, outcomes, record, base=base, language=language.value)
        if replaced:
            # the plan rested on them, and gives reasons: written once more as it will be from now on
            said, again = tuple(keep(kept, planned)), render(request, world)
            written = names(one for one in outcomes if is_written(one))
            return dataclasses.replace(again, written=written, findings=(*again.findings, ("", said)))
    return Written(
        written=names(one for one in outcomes if is_written(one)),
        same=names(one for one in outcomes if not one.changed and one.content is not None),
        edits=names(one for one in outcomes if one.edited),
        removed=names(one for one in outcomes if one.changed and one.content is None),
        findings=()
        if request.check
        else tuple((key, tuple(found)) for key, found in findings.items() if found),
    )


def is_recorded(rendering: Rendering, record: Record) -> bool:
    return any(file.path in record.files for file in rendering.files)


def is_written(one: Outcome) -> bool:
    return one.changed and one.content is not None


def is_replaced(one: Outcome, record: Record) -> bool:
    """Whether it was there, written by people."""
    return one.before is not None and one.changed and one.file.path not in record.files


def keep(kept: Kept, planned: PlannedProject) -> Iterator[Finding]:
    """Writes down as settings what the plan had from files that were replaced: the next plan is this one.
    Settings of the user's own are not touched: what is missing there is told."""
    text = settings_text(kept.settings, "Kept by okamochi render --force from files that it replaced.")
    if text and not read_settings(planned.project).path:
        write_atomic(planned.root / OWN_FILE, text.encode())
        yield Finding(
            rule="render/kept",
            severity=Severity.NOTE,
            message=f"{OWN_FILE} keeps what files said that were replaced: {', '.join(kept.settings)}",
            hint="take away what you do not want",
        )
    elif text:
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        yield Finding(
            rule="render/kept",
            severity=Severity.WARNING,
            message="files that were replaced said what the plan now has otherwise",
            hint=f"to keep it, add to the settings: {'; '.join(lines)}",
        )
    for one in kept.lost:
        yield Finding(
            rule="render/lost",
            severity=Severity.WARNING,
            message=f"a file that was replaced said {one}: the next plan is without it",
            hint="say it where the plan finds it, or take the old file back",
        )


def without_output(plan: Plan, planned: PlannedProject, output: Path) -> Plan:
    """As the next plan has it, when the files are there: else the first one would not agree with it."""
    if output == planned.root or not output.is_relative_to(planned.root):
        return plan
    own = rendered_folder(planned.project, output.relative_to(planned.root).as_posix())
    folders = sorted({own, *rendered_folders(planned.project)}, key=lambda one: one.path)
    first = [one.pattern for one in folders]
    rest = (one for one in plan.source.exclude if one not in first)
    return replace(plan, source=replace(plan.source, exclude=(*first, *rest)))


def names(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    return tuple(sorted(one.file.path for one in outcomes))


def language_of(record: Record) -> Language:
    return Language(record.language) if record.language in list(Language) else Language.ENGLISH


def chosen(target: str) -> tuple[Renderer, ...]:
    wanted = (target, *NEEDED.get(target, ()))
    found = tuple(one for one in RENDERERS if target == "all" or one.target in wanted)
    if not found:
        listed = ", ".join(one.target for one in RENDERERS)
        raise UsageError(f"there is no target {target!r}", where="TARGET", hint=f"use {listed}, or all")
    return found


def with_base(
    renderers: tuple[Renderer, ...], base: str, own: tuple[tuple[str, bytes], ...]
) -> tuple[Renderer, ...]:
    fitting: Renderer = DockerfileRenderer("debian" if base == "debian" else "python", own)
    return tuple(fitting if one.target == fitting.target else one for one in renderers)


def own_files(world: World, planned: PlannedProject, lock: Lock | None) -> tuple[tuple[str, bytes], ...]:
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


def planned_and_locked(
    request: RenderRequest, renderers: Sequence[Renderer], world: World, output: Path, record: Record
) -> tuple[PlannedProject, Lock | None]:
    """The plan and its lock, brought up to date first where a target installs what is locked."""
    planned = plan_project(request.path, world)
    if not any(one.target in PINNED_TARGETS for one in renderers):
        return planned, lock_of(planned)
    mode = LockMode.LOCKED if request.check else LockMode.KEEP
    session = LockSession.open(world, planned, chosen_platform(None), mode)
    if session.fitting is not None:
        return planned, session.old
    require_places(request, renderers, world, output, record, planned)
    relock(request.path, world, upgrade=False, platform=None)
    planned = plan_project(request.path, world)
    return planned, lock_of(planned)


def require_places(
    request: RenderRequest,
    renderers: Sequence[Renderer],
    world: World,
    output: Path,
    record: Record,
    planned: PlannedProject,
) -> None:
    """Before okamochi.lock is written: a refusal leaves nothing behind. Without a lock the files lie where
    they will lie with one."""
    language = request.language or language_of(record)
    files = tuple(file for one in renderers for file in one.render(planned.plan, language).files)
    found = compared(world, output, files, record, force=request.force)
    if found.foreign:
        raise foreign_drift(output, found.foreign)


def foreign_drift(output: Path, files: Sequence[RenderedFile]) -> Drift:
    return drift(
        output,
        files,
        "already there, and not written by okamochi",
        "okamochi render --adopt takes over what they say; or write elsewhere (--output DIR), or let "
        "them be replaced (--force)",
    )


def unmerged_drift(output: Path, files: Sequence[RenderedFile], *, has_git: bool) -> Drift:
    by_hand = "take over the plan's lines by hand and render again, or let the files be replaced (--force)"
    if has_git:
        return drift(output, files, "edited where the plan changed as well, which cannot be merged", by_hand)
    hint = f"git merges edits and what the plan changed: install it and render again; or {by_hand}"
    return drift(output, files, "edited while the plan changed, and there is no git to merge both", hint)


def lock_of(planned: PlannedProject) -> Lock | None:
    content = lock_content(planned.project)
    return lock_from_json(content, where=LOCK_NAME) if content is not None else None


def settled(
    request: RenderRequest, world: World, output: Path, files: tuple[RenderedFile, ...], record: Record
) -> tuple[Outcome, ...]:
    """What becomes of each file. Drift for files that nobody may touch, and under --check for all that
    rendering would change or has not seen."""
    found = compared(world, output, files, record, force=request.force and not request.check)
    in_the_way = (*found.foreign, *found.unmerged)
    if request.check:
        changed = [one.file for one in found.outcomes if one.changed]
        drifted = [*in_the_way, *changed, *found.unaccepted]
        if drifted:
            raise drift(
                output,
                drifted,
                "not as the plan has it",
                "okamochi render writes them again; edits by hand are kept, and accepted by that",
            )
    if found.foreign:
        raise foreign_drift(output, found.foreign)
    if found.unmerged:
        raise unmerged_drift(output, found.unmerged, has_git=world.runner.which("git") is not None)
    return found.outcomes


def drift(output: Path, files: Sequence[RenderedFile], what: str, hint: str) -> Drift:
    listed = ", ".join(file.path for file in files)
    details = differences(output, {file.path: file.content for file in files})
    return Drift(f"{what}: {listed}", where=str(output), hint=hint, details=details)
