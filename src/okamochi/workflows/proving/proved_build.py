"""Build, prove the entry point, mend the plan by what the proof says, and build again."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from okamochi.errors import BuildError, PlanError
from okamochi.oci.reference import Reference
from okamochi.system.words import shortened
from okamochi.system.world import World
from okamochi.workflows.build import Building
from okamochi.workflows.delivery.sinks import EngineSink, Sink
from okamochi.workflows.proving.proved_before import ProvedBefore, keep_proved, proved_before
from okamochi.workflows.rebuilding.remembered import BuiltImage

if TYPE_CHECKING:
    from okamochi.model.correction import Correction
    from okamochi.model.plan import Plan
    from okamochi.run.engine import Engine
    from okamochi.run.proof.answer import Answer
    from okamochi.workflows.plan import PlannedProject
    from okamochi.workflows.proving.prove_entry import Proof

__all__ = ["Delivered", "build_proved", "next_entry", "why_not_kept"]

MOST_ROUNDS = 12
NOTHING: Mapping[str, str] = {}


class Delivered(msgspec.Struct, frozen=True):
    """What one round made and where it went."""

    built: BuiltImage
    reference: Reference
    answers: tuple[str, ...]


def build_proved(
    building: Building,
    world: World,
    deliver: Callable[[BuiltImage], Delivered],
    *,
    sinks: Sequence[Sink],
    given: Mapping[str, str],
) -> "tuple[Delivered, Proof | ProvedBefore]":
    """What was delivered last, and its proof.

    BuildError when the app cannot be served, whatever its variables and services are.
    """
    known = proved_before(world, building.known, given) if building.known is not None else None
    if building.known is not None and known is not None:
        return deliver(building.known), known
    return build_until_proved(building, world, deliver, sinks=sinks, given=given)


def build_until_proved(
    building: Building,
    world: World,
    deliver: Callable[[BuiltImage], Delivered],
    *,
    sinks: Sequence[Sink],
    given: Mapping[str, str],
) -> "tuple[Delivered, Proof]":
    """As `build_proved`, of an image that is new or not proved yet. Only what is proved is delivered, or what
    cannot be proved without."""
    import msgspec

    from okamochi.run.proof.answer import Outcome
    from okamochi.workflows.proving.prove_entry import refuse_unproved

    building.early_values = given
    failed: tuple[Proof, BuiltImage] | None = None
    first: FirstEntry | None = None
    before: PlannedProject | None = None
    refused: dict[tuple[str, str], str] = {}
    asked = False
    once = Once(deliver)
    for _ in range(MOST_ROUNDS):
        try:
            image = building.image()
        except (BuildError, PlanError) as error:
            if failed is None or before is None:
                raise
            # what was tried to mend it is not the project's own fault; something else may mend it
            last = building.plan_now().corrections[-1]
            refused[last.key] = f"{last}: {error.message}"
            building.planned, building.known = before, None
            proof, built = failed
        else:
            built = image
            proof = proof_of(built, building, world, once, sinks, given)
            asked = asked or proof.fresh
            if failed is not None and before is not None:
                last = building.plan_now().corrections[-1]
                if why := why_not_kept(last, proof, failed[0]):
                    refused[last.key] = f"{last}: {why}"
                    building.planned, building.known, before = before, None, None
                    continue
        correction = next_correction(world, proof, building, built, tuple(refused))
        if correction is None:
            planned = building.planned
            correction = next_entry(proof, building, given)
            if correction is None:
                break
            first = first or FirstEntry(planned, proof, built)
            failed, before = (proof, built), None
            refused[correction.key] = correction.reason
            world.reporter.note(f"{correction.reason}: trying {name_of_plan(building.plan_now().plan)}")
            continue
        if proof.verdict.outcome is not Outcome.PROVED or is_for_a_page(correction, proof):
            failed, before = (proof, built), building.planned
        building.attempt(correction)
        if correction.kind == "requirement":
            with_what_is_missing_beside(world, proof, building, built, tuple(refused))
    if first is not None and proof.verdict.outcome not in (Outcome.PROVED, Outcome.UNCERTAIN):
        # none of the others is better: the first is what the evidence says, and its lock is written again
        building.planned, building.known = first.planned, None
        building.plan_now()
        proof, built = first.proof, building.image()
    if asked:
        proof = replace(proof, fresh=True)
    hint = hint_of(proof, built, building, world, given)
    refuse_unproved(proof, built, tried="; ".join(refused.values()), hint=hint)
    if proof.verdict.outcome is Outcome.PROVED and proof.answer is not None:
        if proof.fresh:
            warn_of_bare(world, proof.answer, building)
            warn_of_broken(world, proof.answer, building)
        keep_proved(world, built, given, msgspec.json.encode(proof.answer))
    return once.deliver(built), proof


def hint_of(
    proof: "Proof", built: BuiltImage, building: Building, world: World, given: Mapping[str, str]
) -> str:
    """What to do about what no correction mends, better than the verdict's own hint; "" for nothing."""
    from okamochi.run.proof.answer import Outcome

    verdict, answer, hint = proof.verdict, proof.answer, ""
    if verdict.outcome is Outcome.LIBRARY and answer is not None:
        from okamochi.workflows.mending.older_library import told_of_its_age

        hint = told_of_its_age(world, answer, built, building.plan_now())
    if verdict.outcome is Outcome.MISSING_MODULE:
        from okamochi.workflows.mending.kept_out import told_to_be_kept_out
        from okamochi.workflows.mending.missing_copy import example_of_module
        from okamochi.workflows.mending.vouched_names import told_unvouched

        planned = building.plan_now()
        root = planned.plan.application.import_root
        hint = told_to_be_kept_out(verdict.subject, planned)
        hint = hint or example_of_module(verdict.subject, root, planned.root)
        if not hint and not building.request.locked:
            hint = told_unvouched(answer, planned, world)
    if verdict.outcome is Outcome.UNREADABLE:
        from okamochi.workflows.mending.of_a_newer import told_to_be_newer

        hint = told_to_be_newer(verdict, building.plan_now())
    if not hint and answer is not None and verdict.cause is not None:
        from okamochi.workflows.mending.unset_values import told_of_unset

        hint = told_of_unset(verdict.cause, answer.text, building.plan_now().plan, given)
    return hint


class Once:
    """Hands each image on when it is asked for, and only once."""

    def __init__(self, deliver: Callable[[BuiltImage], Delivered]) -> None:
        self._deliver = deliver
        self._last: Delivered | None = None

    def deliver(self, built: BuiltImage) -> Delivered:
        if self._last is None or self._last.built is not built:
            self._last = self._deliver(built)
        return self._last


def is_for_a_page(correction: "Correction", proof: "Proof") -> bool:
    """Whether it mends another page than the one that was proved."""
    from okamochi.model.correction import CorrectionKind

    kinds = (
        CorrectionKind.REQUIREMENT,
        CorrectionKind.EXCLUDE_NEWER,
        CorrectionKind.PYTHON,
        CorrectionKind.PACKAGE,
    )
    return proof.answer is not None and proof.answer.broken is not None and correction.kind in kinds


def why_not_kept(last: "Correction", proof: "Proof", before: "Proof") -> str:
    """Why the last correction is taken back: what was to mend another page broke the first, or the index of
    another day changed nothing; "" where it stays."""
    from okamochi.model.correction import CorrectionKind
    from okamochi.run.proof.answer import Outcome

    if before.verdict.outcome is Outcome.PROVED:
        return "" if proof.verdict.outcome is Outcome.PROVED else "the first page fails with it"
    by_day = last.kind is CorrectionKind.EXCLUDE_NEWER and proof.verdict.outcome is Outcome.FAILED
    return "the app fails in the same way with it" if by_day and proof.verdict == before.verdict else ""


def warn_of_broken(world: World, answer: "Answer", building: Building) -> None:
    from okamochi.model.plan import APP_ROOT
    from okamochi.workflows.mending.vouched_names import told_unvouched

    broken = answer.broken
    if broken is not None:
        page = broken.type.removeprefix(f"{APP_ROOT}/")
        what = f"the page {page} cannot be shown" if page.endswith(".py") else f"{page} cannot be used"
        world.reporter.warn(f"{what}: {broken.error}: {shortened(broken.message, 300)}")
        hint = "" if building.request.locked else told_unvouched(broken, building.plan_now(), world)
        if hint:
            world.reporter.note(hint)


def warn_of_bare(world: World, answer: "Answer", building: Building) -> None:
    from okamochi.workflows.mending.bare_entry import told_as_bare

    told = told_as_bare(answer, building.plan_now())
    if told:
        world.reporter.warn(told)


def with_what_is_missing_beside(
    world: World, proof: "Proof", building: Building, built: BuiltImage, refused: tuple[tuple[str, str], ...]
) -> None:
    from okamochi.workflows.mending.missing_beside import missing_beside
    from okamochi.workflows.mending.vouched_names import vouched

    installed = versions_of(built)
    planned = building.plan_now()

    def is_meant(module: str, requirement: str) -> bool:
        return bool(vouched(module, requirement, planned, world).why)

    for one in tuple(missing_beside(proof.verdict, planned, installed, refused, is_meant)):
        building.attempt(one)


def versions_of(built: BuiltImage) -> dict[str, str]:
    return {one.name: one.version for one in built.components if one.kind == "wheel"}


class FirstEntry(msgspec.Struct, frozen=True):
    """The entry point that the evidence put first, and how it failed."""

    planned: "PlannedProject | None"
    proof: "Proof"
    built: BuiltImage


def next_entry(proof: "Proof", building: Building, given: Mapping[str, str] = NOTHING) -> "Correction | None":
    """Passes over an entry point that failed: the building is then of the next one. None when a person named
    it, what it lacks is a variable that is not `given`, no other is there, or that has none of the routes."""
    from okamochi.detect.serving.health import loads_no_route
    from okamochi.errors import OkamochiError
    from okamochi.model.correction import Correction, CorrectionKind, is_sound, plain_reason
    from okamochi.model.evidence import Origin
    from okamochi.run.proof.answer import Outcome
    from okamochi.workflows.mending.unset_values import told_of_unset
    from okamochi.workflows.proving.prove_entry import REFUSED

    verdict = proof.verdict
    kinds = (*REFUSED, Outcome.FAILED, Outcome.NO_FOLDER)
    if building.request.locked or verdict.outcome not in kinds or verdict.cause is None:
        return None
    if verdict.cause.variable or refuses_to_start(proof):
        return None
    planned = building.plan_now()
    if proof.answer is not None and told_of_unset(verdict.cause, proof.answer.text, planned.plan, given):
        return None
    said = [one for one in planned.plan.decisions if one.field == "application.object_reference"]
    if any(one.origin is not Origin.DETECTED for one in said):
        return None
    name = name_of_plan(planned.plan)
    reason = plain_reason(f"{name} does not load: {verdict.cause.text}")
    correction = Correction(kind=CorrectionKind.PASSED_OVER, value=name, reason=reason)
    if not is_sound(correction):
        return None
    try:
        building.correct(correction)
    except OkamochiError:
        building.planned = planned
        return None
    if loads_no_route(building.plan_now().plan) and not loads_no_route(planned.plan):
        building.planned = planned  # main.py failed, and the package alone has not what main.py imports
        return None
    return correction


def refuses_to_start(proof: "Proof") -> bool:
    """Whether the app's own code ended it on purpose, and said why: until something is built, or a setting
    made. Another object of the project would be served in its place."""
    from okamochi.run.traces import library_of_last_frame

    answer = proof.answer
    meant = answer is not None and answer.error in ("RuntimeError", "SystemExit")
    return meant and answer is not None and not library_of_last_frame(answer.text)


def name_of_plan(plan: "Plan") -> str:
    return plan.application.object_reference or plan.application.script


def proof_of(
    built: BuiltImage,
    building: Building,
    world: World,
    once: Once,
    sinks: Sequence[Sink],
    given: Mapping[str, str],
) -> "Proof":
    from okamochi.workflows.proving.prove_entry import prove_entry

    def holder() -> "tuple[Engine, str]":
        delivered = once.deliver(built)
        return engine_for(delivered, sinks, world), str(delivered.reference.tagged)

    root = building.request.path.resolve()
    return prove_entry(world, built, root, holder, given=given, early=building.early)


def engine_for(delivered: Delivered, sinks: Sequence[Sink], world: World) -> "Engine":
    """The engine that took the image; else the host's own way, which unpacks it once."""
    for sink in sinks:
        if isinstance(sink, EngineSink):
            return sink.engine
    from okamochi.run.engines import engine_named

    host = engine_named("host", world)
    host.load(delivered.built.image, delivered.reference)
    return host


def next_correction(
    world: World, proof: "Proof", building: Building, built: BuiltImage, refused: tuple[tuple[str, str], ...]
) -> "Correction | None":
    """None also for what was built and proved before: its plan was corrected then."""
    from okamochi.run.proof.answer import Outcome

    if building.request.locked or (building.planned is None and proof.verdict.outcome is Outcome.PROVED):
        return None
    from okamochi.workflows.mending.corrections import correction_for
    from okamochi.workflows.mending.failed import Failed

    return correction_for(
        Failed(
            proof.verdict,
            proof.answer,
            building.plan_now(),
            versions_of(built),
            refused,
            world=world,
            platform=building.platform,
        )
    )
