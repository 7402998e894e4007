"""Rounds of building, proving the entry point, and mending the plan by what the proof says."""

from collections.abc import Callable, Mapping

import msgspec
from msgspec.structs import replace

from okamochi.errors import BuildError, PlanError
from okamochi.model.correction import Correction, CorrectionKind
from okamochi.model.plan import APP_ROOT
from okamochi.run.engine import Engine
from okamochi.run.engines import engine_named
from okamochi.run.proof.answer import Answer, Outcome
from okamochi.system.words import shortened
from okamochi.workflows.build import Building
from okamochi.workflows.mending.bare_entry import told_as_bare
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.hints import hint_for
from okamochi.workflows.mending.missing_beside import missing_beside
from okamochi.workflows.mending.vouched_names import told_unvouched, vouched
from okamochi.workflows.plan import PlannedProject
from okamochi.workflows.proving import prove_entry
from okamochi.workflows.proving.next_entry import next_entry
from okamochi.workflows.proving.proved_before import keep_proved
from okamochi.workflows.proving.proved_build import Delivered
from okamochi.workflows.rebuilding.remembered import BuiltImage

__all__ = ["Rounds", "why_not_kept"]

MOST_ROUNDS = 12
FOR_A_PAGE = (
    CorrectionKind.REQUIREMENT,
    CorrectionKind.EXCLUDE_NEWER,
    CorrectionKind.PYTHON,
    CorrectionKind.PACKAGE,
)


class Round(msgspec.Struct, frozen=True):
    """An image, what its proof says, and the plan that it is of, where that was read."""

    built: BuiltImage
    proof: prove_entry.Proof
    planned: PlannedProject | None = None


class Rounds:
    """Only what is proved is delivered, or what cannot be proved without.

    `mended` is the round that the last correction is to mend, `first` that of the entry point which the
    evidence puts first, and `refused` has what did not help, and why. `moved` names decisions about
    releases that the proof led to.
    """

    def __init__(
        self, building: Building, deliver: Callable[[BuiltImage], Delivered], given: Mapping[str, str]
    ) -> None:
        self._building, self._world, self._given = building, building.world, given
        self._deliver = deliver
        self._delivered: Delivered | None = None
        self._mended: Round | None = None
        self._first: Round | None = None
        self._refused: dict[tuple[str, str], str] = {}
        self._asked = False
        self._moved: list[str] = []

    def proved(self) -> tuple[Delivered, prove_entry.Proof]:
        """As `build_proved`."""
        self._building.early_values = self._given
        last = self._last_round()
        built, proof = last.built, replace(last.proof, fresh=last.proof.fresh or self._asked)
        hint = hint_for(self._failed(proof, versions_of(built)))
        prove_entry.refuse_unproved(proof, built, tried="; ".join(self._refused.values()), hint=hint)
        if proof.verdict.outcome is Outcome.PROVED and proof.answer is not None:
            if proof.fresh:
                warn_of_bare(proof.answer, self._building)
                warn_of_broken(proof.answer, self._building)
            keep_proved(self._world, built, self._given, msgspec.json.encode(proof.answer))
        if self._moved:
            self._building.tell_warnings(fields=tuple(self._moved))
        return self._handed_on(built), proof

    def _last_round(self) -> Round:
        for _ in range(MOST_ROUNDS):
            last = self._round()
            if not self._takes_back(last) and not self._corrects(last) and not self._passes_over(last):
                break
        if self._first is None or last.proof.verdict.outcome in (Outcome.PROVED, Outcome.UNCERTAIN):
            return last
        # none of the others is better: the first is what the evidence says, and its lock is written again
        self._return_to(self._first)
        self._building.plan_now()
        return replace(self._first, built=self._building.image())

    def _round(self) -> Round:
        """Of the plan as it is; where that cannot be built, once more the one that was to be mended."""
        try:
            built = self._building.image()
        except (BuildError, PlanError) as error:
            if self._mended is None:
                raise
            # what was tried to mend it is not the project's own fault; something else may mend it
            self._refuse_last(error.message)
            self._return_to(self._mended)
            return self._mended
        proof = prove_entry.prove_entry(
            self._world,
            built,
            self._building.request.path.resolve(),
            lambda: self._holder(built),
            given=self._given,
            early=self._building.early,
        )
        self._asked = self._asked or proof.fresh
        return Round(built, proof)

    def _takes_back(self, last: Round) -> bool:
        """Whether the next round is again of the plan before the last correction."""
        mended = self._mended
        if mended is None or last is mended:
            return False
        why = why_not_kept(self._building.plan_now().corrections[-1], last.proof, mended.proof)
        if why:
            self._refuse_last(why)
            self._return_to(mended)
            self._mended = None
        return bool(why)

    def _corrects(self, last: Round) -> bool:
        """Whether the next round is of a plan that may mend what this one showed."""
        building, proof, installed = self._building, last.proof, versions_of(last.built)
        correction = self._next_correction(proof, installed)
        if correction is None:
            return False
        if proof.verdict.outcome is not Outcome.PROVED or is_for_a_page(correction, proof):
            self._mended = replace(last, planned=building.planned)
        building.attempt(correction)
        if correction.kind is CorrectionKind.RELEASE:
            self._moved.append(f"dependencies.moved.{correction.value.partition('==')[0]}")
        if correction.kind is CorrectionKind.REQUIREMENT:
            self._add_what_is_missing_beside(proof, installed)
        return True

    def _passes_over(self, last: Round) -> bool:
        """Whether the next round is of another entry point."""
        building, planned = self._building, self._building.planned
        correction = next_entry(last.proof, building, self._given)
        if correction is None:
            return False
        self._first = self._first or replace(last, planned=planned)
        self._mended = None
        self._refused[correction.key] = correction.reason
        trying = building.plan_now().plan.application.entry_point
        self._world.reporter.note(f"{correction.reason}: trying {trying}")
        return True

    def _refuse_last(self, why: str) -> None:
        last = self._building.plan_now().corrections[-1]
        self._refused[last.key] = f"{last}: {why}"

    def _return_to(self, earlier: Round) -> None:
        self._building.planned, self._building.known = earlier.planned, None

    def _next_correction(self, proof: prove_entry.Proof, installed: Mapping[str, str]) -> Correction | None:
        """None also for what was built and proved before: its plan was corrected then."""
        building = self._building
        proved = proof.verdict.outcome is Outcome.PROVED
        if building.request.locked or (building.planned is None and proved):
            return None
        return correction_for(self._failed(proof, installed))

    def _failed(self, proof: prove_entry.Proof, installed: Mapping[str, str]) -> Failed:
        building = self._building
        return Failed(
            proof.verdict,
            proof.answer,
            building.plan_now(),
            installed,
            tuple(self._refused),
            world=self._world,
            platform=building.platform,
            given=self._given,
            locked=building.request.locked,
        )

    def _add_what_is_missing_beside(self, proof: prove_entry.Proof, installed: Mapping[str, str]) -> None:
        planned, refused = self._building.plan_now(), tuple(self._refused)

        def is_meant(module: str, requirement: str) -> bool:
            return bool(vouched(module, requirement, planned, self._world).why)

        for one in tuple(missing_beside(proof.verdict, planned, installed, refused, is_meant)):
            self._building.attempt(one)

    def _holder(self, built: BuiltImage) -> tuple[Engine, str]:
        """The engine that took the image; else the host's own way, which unpacks it once."""
        delivered = self._handed_on(built)
        engine = delivered.engine
        if engine is None:
            engine = engine_named("host", self._world)
            engine.load(built.image, delivered.reference)
        return engine, str(delivered.reference.tagged)

    def _handed_on(self, built: BuiltImage) -> Delivered:
        """Each image only once."""
        if self._delivered is None or self._delivered.built is not built:
            self._delivered = self._deliver(built)
        return self._delivered


def is_for_a_page(correction: Correction, proof: prove_entry.Proof) -> bool:
    """Whether it mends another page than the one that was proved."""
    return proof.answer is not None and proof.answer.broken is not None and correction.kind in FOR_A_PAGE


def why_not_kept(last: Correction, proof: prove_entry.Proof, before: prove_entry.Proof) -> str:
    """Why the last correction is taken back: what was to mend another page broke the first, or the index of
    another day or another release changed nothing; "" where it stays."""
    if before.verdict.outcome is Outcome.PROVED:
        return "" if proof.verdict.outcome is Outcome.PROVED else "the first page fails with it"
    by_day = last.kind is CorrectionKind.EXCLUDE_NEWER and proof.verdict.outcome is Outcome.FAILED
    tried = by_day or last.kind is CorrectionKind.RELEASE
    return "the app fails in the same way with it" if tried and proof.verdict == before.verdict else ""


def versions_of(built: BuiltImage) -> dict[str, str]:
    return {one.name: one.version for one in built.components if one.kind == "wheel"}


def warn_of_broken(answer: Answer, building: Building) -> None:
    broken, reporter = answer.broken, building.world.reporter
    if broken is None:
        return
    page = broken.type.removeprefix(f"{APP_ROOT}/")
    what = f"the page {page} cannot be shown" if page.endswith(".py") else f"{page} cannot be used"
    reporter.warn(f"{what}: {broken.error}: {shortened(broken.message, 300)}")
    # under a lock, to which nobody adds, nothing
    locked = building.request.locked
    if hint := "" if locked else told_unvouched(broken, building.plan_now(), building.world):
        reporter.note(hint)


def warn_of_bare(answer: Answer, building: Building) -> None:
    if told := told_as_bare(answer, building.plan_now()):
        building.world.reporter.warn(told)
