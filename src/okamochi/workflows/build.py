"""Build an image: from what is remembered if nothing changed, else from plan and lock."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from okamochi.errors import ConflictError, UnfitPythonError
from okamochi.oci.platform import Platform
from okamochi.system.world import World
from okamochi.workflows.layers.platforms import chosen_platform
from okamochi.workflows.rebuilding.remembered import BuiltImage, Memory

if TYPE_CHECKING:
    from concurrent.futures import Future

    from okamochi.model.correction import Correction
    from okamochi.model.evidence import Decision
    from okamochi.model.plan import Plan
    from okamochi.workflows.layers.ahead import Ahead
    from okamochi.workflows.locking.lock import LockSession
    from okamochi.workflows.plan import PlannedProject
    from okamochi.workflows.proving.early_proof import EarlyProof
    from okamochi.workflows.rebuilding.incremental import SameTree

__all__ = ["BuildRequest", "Building", "build_image", "warning_of", "without_the_word"]

# Where things are kept changes nothing in an image.
PLACES = (
    "OKAMOCHI_CACHE_DIR",
    "OKAMOCHI_STATE_DIR",
    "OKAMOCHI_REGISTRY_MIRRORS",
    "OKAMOCHI_INSECURE_REGISTRIES",
)


class BuildRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for on the command line; None and empty mean: decide."""

    path: Path
    platform: str | None = None
    locked: bool = False
    overrides: tuple[tuple[str, str], ...] = ()


def build_image(request: BuildRequest, world: World) -> BuiltImage:
    """Plans, locks and builds; writes okamochi.lock when it changed."""
    return Building.open(request, world).image()


class Building(msgspec.Struct):
    """One build in two steps, so that what is wrong with the plan is told before anything is fetched.

    A project in which nothing changed since its last build is neither planned nor packed again. `ahead` is
    what is being laid for it while another platform is built; `files` are what a change of code leaves as it
    was. With `early_values`, values of variables, the entry point is asked while `image` goes on, as `early`.
    It `tries` once something that a proof or a start taught is attempted: where that contradicts a pin, it is
    given up, and no pin. What is `warned` of is not said again after each attempt.
    """

    request: BuildRequest
    world: World
    platform: Platform
    memory: Memory
    known: BuiltImage | None
    planned: "PlannedProject | None" = None
    ahead: "Future[Ahead | None] | None" = None
    files: "SameTree | None" = None
    early_values: Mapping[str, str] | None = None
    early: "EarlyProof | None" = None
    tries: bool = False
    warned: set[str] = msgspec.field(default_factory=set)

    @classmethod
    def open(cls, request: BuildRequest, world: World) -> "Building":
        """Plans, unless the image is known."""
        if not request.path.is_dir():
            from okamochi.system.project_files import no_folder

            raise no_folder(request.path)
        platform = chosen_platform(request.platform)
        memory = Memory.of(world, request.path.resolve(), platform, question_of(request, world.environ))
        recalled = memory.recall()
        if isinstance(recalled, BuiltImage):
            return cls(request, world, platform, memory, recalled)
        building = cls(request, world, platform, memory, None, files=recalled)
        building.tell_warnings()
        if recalled is not None:
            building.known = building.packed_as_before(recalled)
        return building

    def packed_as_before(self, files: "SameTree") -> BuiltImage | None:
        """The image, when the new plan is the old one."""
        from okamochi.workflows.rebuilding.planned_again import packed_as_before

        built = packed_as_before(self.world, files, self.plan_now())
        if built is not None:
            self.memory.keep(built)
        return built

    def tell_warnings(self, fields: tuple[str, ...] = ()) -> None:
        """All that the plan warns of, or what it warns of in these fields."""
        for decision in self.plan_now().plan.decisions:
            told = f"{decision.field}: {warning_of(decision)}"
            if decision.warning and (not fields or decision.field in fields) and told not in self.warned:
                self.warned.add(told)
                self.world.reporter.warn(told)

    def plan_now(self) -> "PlannedProject":
        """The plan with its files; read now when the image was known without it."""
        if self.planned is None:
            from okamochi.workflows.plan import plan_project

            self.planned = plan_project(self.request.path, self.world, dict(self.request.overrides))
        return self.planned

    @property
    def plan(self) -> "Plan":
        if self.known is not None:
            return self.known.plan
        assert self.planned is not None
        return self.planned.plan

    def correct(self, correction: "Correction") -> None:
        """The next `image` is that of the corrected plan."""
        from okamochi.workflows.mending.kept_corrections import with_correction

        self.planned, self.known = with_correction(self.plan_now(), correction), None
        if correction.kind == "passed-over":
            from okamochi.workflows.plan import without_failed

            self.planned = without_failed(self.planned, self.world, dict(self.request.overrides))
        if correction.kind == "python":
            self.tell_warnings(fields=("base.suite",))

    def attempt(self, correction: "Correction") -> None:
        """Said, and done."""
        self.world.reporter.note(f"{correction.reason}: trying {correction}")
        self.tries = True
        self.correct(correction)

    def image(self) -> BuiltImage:
        if self.known is not None:
            return self.known
        assert self.planned is not None
        from okamochi.workflows.layers.assemble import assemble
        from okamochi.workflows.locking.lock import LockMode, LockSession

        mode = LockMode.LOCKED if self.request.locked else LockMode.KEEP
        session = LockSession.open(self.world, self.planned, self.platform, mode)
        self.take_ahead(session)
        if self.files is not None and self.files.compiling is not None:
            self.files.compiling.join()
        try:
            built = assemble(session, self.files, self.early_proof())
        except (UnfitPythonError, ConflictError) as refusal:
            from okamochi.workflows.from_source.moved_pins import had_otherwise

            session = had_otherwise(session, refusal, may_move=not self.tries)
            self.planned = session.planned
            self.tell_warnings(fields=("base.suite",))
            built = assemble(session, early=self.early_proof())
        self.memory.keep(built)
        return built

    def early_proof(self) -> "EarlyProof | None":
        """Of the image that is built next."""
        if self.early is not None:
            self.early.end()
            self.early = None
        if self.early_values is not None:
            from okamochi.workflows.proving.early_proof import EarlyProof

            self.early = EarlyProof(self.world, self.early_values)
        return self.early

    def take_ahead(self, session: "LockSession") -> None:
        """What was resolved while another platform was built, where it answers what is asked now."""
        found = self.ahead.result() if self.ahead is not None else None
        if found is None:
            return
        from okamochi.workflows.locking.inputs import base_inputs, wheel_inputs

        if found.base_inputs == base_inputs(session.planned):
            session.chosen, session.base_image = (found.locked.debs, found.snapshot), found.locked.image
        if found.wheel_inputs == wheel_inputs(session.planned):
            session.resolved = found.locked.wheels


def question_of(request: BuildRequest, environ: Mapping[str, str]) -> tuple[str, ...]:
    """What besides the project's files decides about the image."""
    variables = [
        f"{name}={value}"
        for name, value in sorted(environ.items())
        if name == "SOURCE_DATE_EPOCH" or (name.startswith("OKAMOCHI_") and name not in PLACES)
    ]
    overrides = [f"{name}={value}" for name, value in request.overrides]
    return (*overrides, *variables, f"locked={request.locked}")


def warning_of(decision: "Decision") -> str:
    """With the first line of the project that it is about, where its sentence names no place itself."""
    told = without_the_word(decision.summary)
    place = next((f"{one.path}:{one.line}" for one in decision.evidence if one.path and one.line), "")
    return told if not place or place.partition(":")[0] in told else f"{told} ({place})"


def without_the_word(summary: str) -> str:
    """A decision's summary as the text of a warning: what follows "Warning:" begins its sentence, unless that
    is a path such as app/Dockerfile."""
    told = re.sub(r"\. Warning: (\w)(?=\w* )", lambda found: f". {found[1].upper()}", summary)
    return told.replace("Warning: ", "")
