"""A start that failed, and what may be tried to mend it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from okamochi.errors import OkamochiError, UnhealthyError
from okamochi.model.correction import Correction
from okamochi.oci.reference import Reference
from okamochi.run.engine import Engine
from okamochi.system.world import World
from okamochi.workflows.build import Building
from okamochi.workflows.mending.observed import observed_correction
from okamochi.workflows.rebuilding.remembered import BuiltImage

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["FailedStart"]


class FailedStart:
    """`planned` is the plan that was started, `earlier` the failure that it was to mend: what could not be
    had then is not tried again."""

    def __init__(
        self,
        failure: UnhealthyError,
        planned: "PlannedProject",
        built: BuiltImage,
        reference: Reference,
        earlier: "FailedStart | None",
    ) -> None:
        self.failure = failure
        self.planned = planned
        self.built = built
        self.reference = reference
        self.refused: set[tuple[str, str]] = set(earlier.refused) if earlier is not None else set()

    def refuse(self, building: Building, error: OkamochiError, world: World) -> None:
        """What was tried to mend it cannot be built, which is not the project's own fault: it is left out,
        and something else may mend it."""
        last = building.plan_now().corrections[-1]
        why = "; ".join((error.message, *error.details[:1]))
        world.reporter.note(f"{last} cannot be had: {why}")
        self.refused.add(last.key)
        building.planned, building.known = self.planned, None

    def correction(
        self, building: Building, engine: Engine, given: Mapping[str, str], world: World
    ) -> Correction | None:
        """The next one that the evidence supports; None when nothing is left."""
        installed = {one.name: one.version for one in self.built.components if one.kind == "wheel"}
        return observed_correction(
            self.failure,
            building,
            self.reference,
            engine,
            given,
            world,
            installed=installed,
            refused=self.refused,
        )
