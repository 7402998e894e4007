"""An image that was proved is not asked again; another one is."""

import time
from pathlib import Path

import pytest

from okamochi.oci.reference import Reference
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.build import Building, BuildRequest
from okamochi.workflows.proving import prove_entry
from okamochi.workflows.proving.prove_entry import report_of
from okamochi.workflows.proving.proved_before import ProvedBefore
from okamochi.workflows.proving.proved_build import Delivered, build_proved
from okamochi.workflows.rebuilding.remembered import BuiltImage

pytestmark = pytest.mark.network


# what changed a moment ago is not remembered
SETTLE_SECONDS = 0.15


class Asked(Exception):
    pass


def delivered(built: BuiltImage) -> Delivered:
    return Delivered(built, Reference.parse("shop:1"))


@pytest.mark.namespaces
def test_a_proved_image_is_told_from_memory_with_all_that_was_found(
    minimal: Path, okamochi_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def building() -> Building:
        time.sleep(SETTLE_SECONDS)
        return Building.open(BuildRequest(path=minimal), world)

    world = World.real({}, SilentReporter(), cache_root=okamochi_cache)
    _, first = build_proved(building(), delivered, given={})

    def refuse(*_: object, **__: object) -> None:
        raise Asked

    monkeypatch.setattr(prove_entry, "prove_entry", refuse)
    _, again = build_proved(building(), delivered, given={})
    assert isinstance(again, ProvedBefore)
    assert report_of(again) == report_of(first)
    with pytest.raises(Asked):
        build_proved(building(), delivered, given={"ANOTHER": "value"})
