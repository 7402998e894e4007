"""One rendering: into which folder, what was written there the last time, and what is written now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from okamochi.errors import UsageError
from okamochi.model.lock import Lock
from okamochi.model.plan import Plan
from okamochi.render.dockerfile import BASES, DockerfileRenderer
from okamochi.render.renderers import RENDERERS
from okamochi.render.rendering import Language, RenderedFile, Renderer, Rendering
from okamochi.system.world import World
from okamochi.workflows.rendered.rendered_files import (
    Drift,
    Outcome,
    Record,
    compared,
    differences,
    read_record,
    write_outcomes,
)

__all__ = ["OwnFiles", "RenderRequest", "RenderSession"]

NEEDED = {"devcontainer": ("dockerfile", "compose")}
"""What a target's files cannot do without is written with them."""
OwnFiles = tuple[tuple[str, bytes], ...]


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


@dataclass(frozen=True, kw_only=True)
class RenderSession:
    """What was asked for, completed by what was asked for the last time, which `record` tells."""

    world: World
    output: Path
    record: Record
    targets: tuple[Renderer, ...]
    language: Language
    base: str
    check: bool
    force: bool

    @classmethod
    def open(cls, request: RenderRequest, world: World) -> "RenderSession":
        """UsageError for an unknown target."""
        output = (request.output or request.path).resolve()
        record = read_record(output)
        return cls(
            world=world,
            output=output,
            record=record,
            targets=chosen(request.target),
            language=request.language or language_of(record),
            base=request.base or (record.base if record.base in BASES else BASES[0]),
            check=request.check,
            force=request.force,
        )

    def writes(self, target: str) -> bool:
        return any(one.target == target for one in self.targets)

    def rendered(self, plan: Plan, lock: Lock | None, own: OwnFiles) -> dict[str, Rendering]:
        """By target. `own` are files for the Dockerfile's image, as `DockerfileRenderer` takes them."""
        dockerfile = DockerfileRenderer("debian" if self.base == "debian" else "python", own)
        fitting: dict[str, Renderer] = {dockerfile.target: dockerfile}
        renderers = (fitting.get(one.target, one) for one in self.targets)
        return {one.target: one.render(plan, self.language, lock) for one in renderers}

    def of_the_last_time(self, rendered: dict[str, Rendering]) -> dict[str, Rendering]:
        """Those of which there is a file already."""
        known = self.record.files
        return {
            target: one for target, one in rendered.items() if any(file.path in known for file in one.files)
        }

    def settled(self, files: Sequence[RenderedFile]) -> tuple[Outcome, ...]:
        """What becomes of each file. Drift for files that nobody may touch, and under --check for all that
        rendering would change or has not seen."""
        force = self.force and not self.check
        found = compared(self.world, self.output, files, self.record, force=force)
        if self.check:
            changed = (one.file for one in found.outcomes if one.changed)
            self.refuse(
                (*found.foreign, *found.unmerged, *changed, *found.unaccepted),
                "not as the plan has it",
                "okamochi render writes them again; edits by hand are kept, and accepted by that",
            )
        self.refuse_foreign(found.foreign)
        self.refuse_unmerged(found.unmerged)
        return found.outcomes

    def refuse_what_is_in_the_way(self, plan: Plan) -> None:
        """Before okamochi.lock is written: a refusal leaves nothing behind. Without a lock the files lie
        where they will lie with one."""
        files = [file for one in self.targets for file in one.render(plan, self.language).files]
        found = compared(self.world, self.output, files, self.record, force=self.force)
        self.refuse_foreign(found.foreign)

    def refuse_foreign(self, files: Sequence[RenderedFile]) -> None:
        self.refuse(
            files,
            "already there, and not written by okamochi",
            "okamochi render --adopt takes over what they say; or write elsewhere (--output DIR), or let "
            "them be replaced (--force)",
        )

    def refuse_unmerged(self, files: Sequence[RenderedFile]) -> None:
        hint = "take over the plan's lines by hand and render again, or let the files be replaced (--force)"
        what = "edited where the plan changed as well, which cannot be merged"
        if self.world.runner.which("git") is None:
            what = "edited while the plan changed, and there is no git to merge both"
            hint = f"git merges edits and what the plan changed: install it and render again; or {hint}"
        self.refuse(files, what, hint)

    def refuse(self, files: Sequence[RenderedFile], what: str, hint: str) -> None:
        if not files:
            return
        listed = ", ".join(file.path for file in files)
        details = differences(self.output, {file.path: file.content for file in files})
        raise Drift(f"{what}: {listed}", where=str(self.output), hint=hint, details=details)

    def replaced(self, outcomes: Iterable[Outcome]) -> tuple[str, ...]:
        """Paths of files that were there, written by people."""
        changed = (one for one in outcomes if one.before is not None and one.changed)
        return tuple(one.file.path for one in changed if one.file.path not in self.record.files)

    def write(self, outcomes: Sequence[Outcome]) -> None:
        write_outcomes(self.output, outcomes, self.record, base=self.base, language=self.language.value)


def language_of(record: Record) -> Language:
    return Language(record.language) if record.language in list(Language) else Language.ENGLISH


def chosen(target: str) -> tuple[Renderer, ...]:
    wanted = (target, *NEEDED.get(target, ()))
    found = tuple(one for one in RENDERERS if target == "all" or one.target in wanted)
    if not found:
        listed = ", ".join(one.target for one in RENDERERS)
        raise UsageError(f"there is no target {target!r}", where="TARGET", hint=f"use {listed}, or all")
    return found
