"""Build, and prove the entry point, which may change the plan; or know that it was proved before."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from okamochi.oci.reference import Reference
from okamochi.workflows.build import Building
from okamochi.workflows.proving.proved_before import ProvedBefore, proved_before
from okamochi.workflows.rebuilding.remembered import BuiltImage

if TYPE_CHECKING:
    from okamochi.run.engine import Engine
    from okamochi.workflows.proving.prove_entry import Proof

__all__ = ["Delivered", "build_proved"]


class Delivered(msgspec.Struct, frozen=True):
    """An image that was handed on, and the engine that took it, if one did."""

    built: BuiltImage
    reference: Reference
    engine: "Engine | None" = None


def build_proved(
    building: Building, deliver: Callable[[BuiltImage], Delivered], given: Mapping[str, str]
) -> "tuple[Delivered, Proof | ProvedBefore]":
    """What was delivered last, and its proof. `given` are values of variables.

    BuildError when the app cannot be served, whatever its variables and services are.
    """
    known = building.known
    before = proved_before(building.world, known, given) if known is not None else None
    if known is not None and before is not None:
        return deliver(known), before
    from okamochi.workflows.proving.rounds import Rounds

    return Rounds(building, deliver, given).proved()
