"""An engine gets an image that was proved, and none that cannot be served."""

from pathlib import Path
from typing import Any

import pytest

from okamochi.errors import BuildError
from okamochi.oci.reference import Reference
from okamochi.run.proof.answer import Outcome
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.build import Building, BuildRequest
from okamochi.workflows.proving.prove_entry import Proof
from okamochi.workflows.proving.proved_build import Delivered, build_proved
from okamochi.workflows.rebuilding.remembered import BuiltImage

pytestmark = [pytest.mark.network, pytest.mark.namespaces]


class Engine:
    """Takes images and tells nothing of them."""

    def try_out(self, trial: Any) -> None:
        raise AssertionError("the machine proves the app by its own means")


def built_for_engine(project: Path, cache: Path) -> tuple[Any, list[BuiltImage], Building]:
    """The proof or the refusal, what was handed on, and the build."""
    world = World.real({}, SilentReporter(), cache_root=cache)
    taken: list[BuiltImage] = []

    def deliver(built: BuiltImage) -> Delivered:
        taken.append(built)
        return Delivered(built, Reference.parse("shop:1"), engine)

    engine: Any = Engine()
    building = Building.open(BuildRequest(path=project), world)
    try:
        return build_proved(building, deliver, given={})[1], taken, building
    except BuildError as error:
        return error, taken, building


def test_an_engine_gets_the_image_once_when_it_is_proved(minimal: Path, fresh_cache: Path) -> None:
    (minimal / "state").mkdir()
    (minimal / "state" / "first").write_text("")
    app = minimal / "app.py"
    # only the proof sees that it writes there, so that two images are built
    writes = (
        "import pathlib\npathlib.Path(*pathlib.Path(__file__).parts[:-1], *['sta' + 'te', 'x']).touch()\n"
    )
    app.write_text(f"{writes}{app.read_text()}")
    proof, taken, building = built_for_engine(minimal, fresh_cache)
    assert building.plan_now().corrections
    assert isinstance(proof, Proof) and proof.verdict.outcome is Outcome.PROVED
    assert len(taken) == 1


def test_an_engine_gets_nothing_that_cannot_be_served(minimal: Path, fresh_cache: Path) -> None:
    app = minimal / "app.py"
    app.write_text(f"from werkzeug import no_such_name\n{app.read_text()}")
    refused, taken, _ = built_for_engine(minimal, fresh_cache)
    assert isinstance(refused, BuildError) and "no_such_name" in refused.message
    assert not taken
