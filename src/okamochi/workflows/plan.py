"""Read the project, decide the plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from okamochi.detect.chosen_settings import settings_from_environ
from okamochi.detect.planner import make_plan
from okamochi.detect.source.gist import SIZE_LIMIT_BYTES, gist_digest, gist_of, python_text
from okamochi.errors import AmbiguousError, DetectionError
from okamochi.model.correction import Correction, CorrectionKind, corrected
from okamochi.model.plan import Plan
from okamochi.model.settings_reader import read_settings
from okamochi.system.collector import uncollected
from okamochi.system.project_files import READ_LIMIT_BYTES, DiskProject, decoded
from okamochi.system.world import World
from okamochi.workflows.mending.kept_corrections import with_kept_corrections
from okamochi.workflows.rebuilding.outside import is_outside
from okamochi.workflows.rebuilding.plan_memory import PlanMemory
from okamochi.workflows.rebuilding.seen import Seen

MOST_LINKS = 5

__all__ = ["PlannedProject", "TracedProject", "plan_project", "without_failed"]


@dataclass(frozen=True)
class PlannedProject:
    """A plan and the files it was made from; `root` is absolute, `seen` is what planning saw of them.
    `corrections` are part of the plan already; `uncorrected` is the digest of the plan without them."""

    plan: Plan
    project: DiskProject
    root: Path
    seen: Seen = Seen()  # noqa: RUF009
    corrections: tuple[Correction, ...] = ()
    uncorrected: str = ""


class TracedProject:
    """Remembers which files were read and what they held, and otherwise is the project: no file is read
    twice. `whole` are those that were read as they are, `gists` has digests of what was seen of others."""

    def __init__(self, project: DiskProject) -> None:
        self.project = project
        self.whole: set[str] = set()
        self.gists: dict[str, str] = {}
        self.texts: dict[str, str | None] = {}
        self.contents: dict[str, bytes] = {}

    @property
    def root(self) -> Path:
        return self.project.root

    def read_bytes(self, path: str, *, limit_bytes: int = READ_LIMIT_BYTES) -> bytes | None:
        self.whole.add(path)
        return self.content(path, limit_bytes)

    def content(self, path: str, limit_bytes: int) -> bytes | None:
        content = self.contents.get(path)
        if content is None:
            content = self.project.read_bytes(path, limit_bytes=limit_bytes)
            if content is not None:
                self.contents[path] = content
        return content if content is not None and len(content) <= limit_bytes else None

    def gist(self, path: str) -> str | None:
        """What `Sources` may see of a Python file."""
        content = self.content(path, SIZE_LIMIT_BYTES)
        if content is None:
            self.whole.add(path)
            return None
        found = gist_of(python_text(content))
        self.gists[path] = gist_digest(found)
        return found

    def read_text(self, path: str) -> str | None:
        if path not in self.texts:
            content = self.read_bytes(path)
            self.texts[path] = None if content is None else decoded(content)
        return self.texts[path]

    def exists(self, path: str) -> bool:
        self.note_outside(path)
        return self.project.exists(path)

    def is_dir(self, path: str) -> bool:
        self.note_outside(path)
        return self.project.is_dir(path)

    def files(self, pattern: str = "**", *, within: str = "") -> tuple[str, ...]:
        self.note_outside(within)
        return self.project.files(pattern, within=within)

    def note_outside(self, path: str) -> None:
        """What is there in the project itself is watched as a whole; beside it, only what was asked for."""
        if is_outside(path):
            self.whole.add(path)


def plan_project(
    path: Path,
    world: World,
    overrides: Mapping[str, str] | None = None,
    *,
    anew: frozenset[CorrectionKind] = frozenset(),
) -> PlannedProject:
    """The plan of the project in `path`; `overrides` are settings from the command line, by name. Corrections
    of the kinds `anew` that the lock has do not count."""
    project = DiskProject.open(path)
    try:
        plan, seen = read_plan(project, world, overrides or {})
    except DetectionError as error:
        tell_links(error, project)
        raise
    planned = PlannedProject(plan, project, path.resolve(), seen)
    planned = with_kept_corrections(planned, but=anew)
    if passed_over(planned):
        return without_failed(planned, world, overrides or {})
    return planned


def tell_links(error: DetectionError, project: DiskProject) -> None:
    """What is not understood may lie behind a link that planning does not follow."""
    links = project.links_outside()
    if links and not isinstance(error, AmbiguousError):
        error.details += tuple(
            f"{link} leads out of the project: it is not read" for link in links[:MOST_LINKS]
        )
        error.hint = f"copy what the symbolic link points to into the project; or {error.hint}"


def read_plan(
    project: DiskProject, world: World, overrides: Mapping[str, str], without: frozenset[str] = frozenset()
) -> tuple[Plan, Seen]:
    """The plan and what it was made from."""
    memory = PlanMemory.of(world, project.root, overrides, without)
    known = memory.recall()
    if known is not None:
        return known
    traced = TracedProject(project)
    with uncollected():
        plan = make_plan(
            traced,
            read_settings(traced),
            environ_overrides=settings_from_environ(world.environ),
            command_line=overrides,
            without=without,
            gist=traced.gist,
        )
    seen = Seen.of(traced.whole, traced.gists)
    memory.keep(plan, seen)
    return plan, seen


def passed_over(planned: PlannedProject) -> frozenset[str]:
    return frozenset(one.value for one in planned.corrections if one.kind is CorrectionKind.PASSED_OVER)


def without_failed(planned: PlannedProject, world: World, overrides: Mapping[str, str]) -> PlannedProject:
    """The plan of the best entry point that is left, with the other corrections. DetectionError when none
    is."""
    plan, seen = read_plan(planned.project, world, overrides, passed_over(planned))
    present = {one.path for one in plan.volumes}
    present |= {one.path for one in plan.temporary_folders} | {one.path for one in plan.moved_files}
    kept = tuple(one for one in planned.corrections if one.value not in present)
    return replace(planned, plan=corrected(plan, kept), corrections=kept, seen=planned.seen | seen)
