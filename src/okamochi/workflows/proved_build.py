"""Build, prove the entry point, mend the plan by what the proof says, and build again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from okamochi.errors import PlanError
from okamochi.oci.reference import Reference
from okamochi.run.proof.answer import Outcome
from okamochi.system.world import World
from okamochi.workflows.build import Building
from okamochi.workflows.prove_entry import Proof, prove_entry, refuse_unproved
from okamochi.workflows.remembered import BuiltImage
from okamochi.workflows.sinks import Sink

if TYPE_CHECKING:
    from okamochi.model.correction import Correction

__all__ = ["Delivered", "build_proved"]

MOST_ROUNDS = 12


@dataclass(frozen=True)
class Delivered:
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
) -> tuple[Delivered, Proof]:
    """What was delivered last, and its proof.

    BuildError when the app cannot be served, whatever its variables and services are.
    """
    failed: tuple[Proof, BuiltImage] | None = None
    attempt = ""
    for _ in range(MOST_ROUNDS):
        try:
            delivered = deliver(building.image())
        except PlanError as error:
            if failed is not None:  # what was tried to mend it is not the project's own fault
                refuse_unproved(*failed, tried=f"{attempt}: {error.message}")
            raise
        proof = prove_entry(
            world,
            delivered.built,
            delivered.reference,
            building.request.path.resolve(),
            sinks=sinks,
            given=given,
        )
        correction = next_correction(proof, building)
        if correction is None:
            break
        if proof.verdict.outcome is not Outcome.PROVED:
            failed = (proof, delivered.built)
        world.reporter.note(f"{correction.reason}: trying {correction.kind} {correction.value}")
        attempt = f"{correction.kind} {correction.value}"
        building.correct(correction)
    refuse_unproved(proof, delivered.built)
    return delivered, proof


def next_correction(proof: Proof, building: Building) -> "Correction | None":
    """None also for what was built and proved before: its plan was corrected then."""
    if building.request.locked or (building.planned is None and proof.verdict.outcome is Outcome.PROVED):
        return None
    from okamochi.workflows.corrections import correction_for

    return correction_for(proof.verdict, proof.answer, building.plan_now())
