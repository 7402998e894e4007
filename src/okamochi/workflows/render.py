"""`okamochi render`: plain files from the plan; hand edits are never overwritten silently."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from okamochi.errors import OkamochiError, UsageError
from okamochi.model.finding import Finding
from okamochi.model.lock import Lock
from okamochi.model.lock_codec import lock_from_json
from okamochi.render.renderers import RENDERERS
from okamochi.render.rendering import Language, RenderedFile, Renderer
from okamochi.system.files import write_atomic
from okamochi.system.world import World
from okamochi.workflows.lock import LockMode, LockSession
from okamochi.workflows.plan import PlannedProject, plan_project
from okamochi.workflows.platforms import chosen_platform
from okamochi.workflows.relock import relock
from okamochi.workflows.remembered import LOCK_LIMIT_BYTES, LOCK_NAME

__all__ = ["Drift", "RenderRequest", "Rendered", "render"]

RECORD = ".okamochi/rendered.json"
MOST_DIFF_LINES = 60
PINNED_TARGETS = frozenset({"dockerfile"})
NEEDED = {"devcontainer": ("dockerfile",)}
"""What a target's files cannot do without is written with them."""


@dataclass(frozen=True, kw_only=True)
class RenderRequest:
    """`target` is a renderer's name, or "all". `output` is the project's folder when it is None."""

    path: Path
    target: str
    output: Path | None = None
    check: bool = False
    force: bool = False
    language: Language = Language.ENGLISH


@dataclass(frozen=True)
class Rendered:
    """Paths relative to the output: `written` now, and the `same` as before."""

    written: tuple[str, ...]
    same: tuple[str, ...]
    findings: tuple[Finding, ...]


class Drift(OkamochiError):
    """Files are not what the plan gives, or were edited by hand; `details` is the difference."""


def render(request: RenderRequest, world: World) -> Rendered:
    """All files or none. UsageError for an unknown target, Drift when files are in the way or differ."""
    renderers = chosen(request.target)
    planned, lock = planned_and_locked(request, renderers, world)
    renderings = [one.render(planned.plan, request.language, lock) for one in renderers]
    files = tuple(file for rendering in renderings for file in rendering.files)
    findings = tuple(finding for rendering in renderings for finding in rendering.findings)
    output = (request.output or request.path).resolve()
    for file in files:
        require_free(output, file)
    changed = [file for file in files if current(output, file) != file.content]
    if request.check and changed:
        raise differs(output, changed, "differ from the plan", "okamochi render writes them again")
    ours = record_of(output)
    foreign = [file for file in changed if not request.force and is_foreign(output, file, ours)]
    if foreign:
        raise differs(
            output,
            foreign,
            "are there already and were not written like that by okamochi",
            "merge by hand, write elsewhere (--output DIR), or let them be replaced (--force)",
        )
    write_all(output, changed, {**ours, **{file.path: file.content.decode() for file in files}})
    paths = {file.path for file in changed}
    same = tuple(sorted(file.path for file in files if file.path not in paths))
    return Rendered(tuple(sorted(paths)), same, findings)


def chosen(target: str) -> tuple[Renderer, ...]:
    wanted = (target, *NEEDED.get(target, ()))
    found = tuple(one for one in RENDERERS if target == "all" or one.target in wanted)
    if not found:
        names = ", ".join(one.target for one in RENDERERS)
        raise UsageError(f"there is no target {target!r}", where="TARGET", hint=f"use {names}, or all")
    return found


def planned_and_locked(
    request: RenderRequest, renderers: Sequence[Renderer], world: World
) -> tuple[PlannedProject, Lock | None]:
    """The plan and its lock, brought up to date first where a target installs what is locked."""
    planned = plan_project(request.path, world)
    if not any(one.target in PINNED_TARGETS for one in renderers):
        return planned, lock_of(planned)
    mode = LockMode.LOCKED if request.check else LockMode.KEEP
    session = LockSession.open(world, planned, chosen_platform(None), mode)
    if session.fitting is not None:
        return planned, session.old
    relock(request.path, world, upgrade=False, platform=None)
    planned = plan_project(request.path, world)
    return planned, lock_of(planned)


def require_free(output: Path, file: RenderedFile) -> None:
    """UsageError when the file's place is taken by another kind, or a link would lead elsewhere."""
    place = output
    for part in Path(file.path).parts:
        place = place / part
        if place.is_symlink():
            raise in_the_way(place, "is a symbolic link: what it points to is not okamochi's to write")
        if place != output / file.path and place.exists() and not place.is_dir():
            raise in_the_way(place, "is a file, and a folder of that name is needed")
    if place.exists() and not place.is_file():
        raise in_the_way(place, "is no file, and one of that name is to be written")


def in_the_way(place: Path, what: str) -> UsageError:
    return UsageError(
        f"{place.name} {what}", where=str(place), hint="move it away, or write elsewhere: --output DIR"
    )


def lock_of(planned: PlannedProject) -> Lock | None:
    content = planned.project.read_bytes(LOCK_NAME, limit_bytes=LOCK_LIMIT_BYTES)
    return lock_from_json(content, where=LOCK_NAME) if content is not None else None


def current(output: Path, file: RenderedFile) -> bytes | None:
    path = output / file.path
    return path.read_bytes() if path.is_file() else None


def is_foreign(output: Path, file: RenderedFile, ours: dict[str, str]) -> bool:
    """There, and not as okamochi wrote it last."""
    content = current(output, file)
    return content is not None and ours.get(file.path, "").encode() != content


def record_of(output: Path) -> dict[str, str]:
    """What okamochi wrote last, by path: the base of a later comparison."""
    try:
        return msgspec.json.decode((output / RECORD).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return {}


def write_all(output: Path, files: Sequence[RenderedFile], record: dict[str, str]) -> None:
    """Every file, or as before: a failure half-way puts back what was there."""
    before = {file.path: current(output, file) for file in files}
    done: list[str] = []
    try:
        for file in files:
            (output / file.path).parent.mkdir(parents=True, exist_ok=True)
            done.append(file.path)
            write_atomic(output / file.path, file.content, mode=0o755 if file.executable else 0o644)
        if files:
            (output / RECORD).parent.mkdir(parents=True, exist_ok=True)
            write_atomic(output / RECORD, msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
    except (OSError, OkamochiError) as error:
        for path in done:
            put_back(output / path, before[path])
        if isinstance(error, OkamochiError):
            raise
        raise UsageError(
            f"the files cannot be written: {error.strerror}",
            where=str(output),
            hint="name a folder that you may write: --output DIR",
        ) from error


def put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        write_atomic(path, content)


def differs(output: Path, files: Sequence[RenderedFile], what: str, hint: str) -> Drift:
    lines: list[str] = []
    for file in files:
        old = (current(output, file) or b"").decode("utf-8", "replace").splitlines()
        new = file.content.decode().splitlines()
        lines += difflib.unified_diff(
            old, new, f"{file.path} (there)", f"{file.path} (plan)", lineterm="", n=2
        )
    shown = lines[:MOST_DIFF_LINES]
    more = (f"... {len(lines) - len(shown)} more lines",) if len(lines) > len(shown) else ()
    listed = ", ".join(file.path for file in files)
    return Drift(f"{listed} {what}", where=str(output), hint=hint, details=(*shown, *more))
