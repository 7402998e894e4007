"""What serves makes room for its successor, and what is kept to come back to."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from okamochi.errors import UnhealthyError
from okamochi.model.process import Process, ProcessType
from okamochi.run.spec import ContainerState, Running, RunSpec
from okamochi.run.state import AppState, UpRecord
from okamochi.run.wait import FailingPage
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.previous import Previous
from okamochi.workflows.starting.start import Start


@dataclass
class Engine:
    """Containers by name, each with its image. `ended` is what is told of all that have ended."""

    images: dict[str, str]
    ended: dict[str, Any] | None = None
    name: str = "docker"
    done: list[tuple[str, str]] = field(default_factory=list)

    def inspect(self, name: str) -> Running:
        if name not in self.images:
            return Running(name=name, app="shop", state=ContainerState.ABSENT)
        state = ContainerState.RUNNING if self.ended is None else ContainerState.EXITED
        return Running(
            name=name, app="shop", state=state, image_reference=self.images[name], **(self.ended or {})
        )

    def set_aside(self, name: str, *, grace_seconds: int) -> None:
        self.done.append(("aside", name))

    def remove(self, name: str) -> None:
        self.done.append(("removed", name))

    def bring_back(self, name: str) -> None:
        self.done.append(("back", name))

    def check(self, name: str, argv: tuple[str, ...]) -> tuple[bool, str]:
        return True, ""


@pytest.mark.parametrize(
    ("images", "done"),
    [
        ({"shop": "shop:1"}, ("aside", "shop")),
        ({"shop": "shop:2", "shop-previous": "shop:1"}, ("removed", "shop")),
        ({"shop-previous": "docker.io/library/shop:1"}, ("removed", "shop")),
        ({"shop": "shop:1", "shop-previous": "shop:0"}, ("aside", "shop")),
    ],
    ids=["serves", "killed while waiting", "killed before its start", "killed at the end"],
)
def test_what_served_last_is_kept_after_an_up_that_was_killed(
    tmp_path: Path, images: dict[str, str], done: tuple[str, str]
) -> None:
    engine: Any = Engine(images)
    previous = previous_of(tmp_path, engine)
    previous.step_aside(engine)
    assert engine.done == [done] and previous.aside


@pytest.mark.parametrize(
    ("image", "ended", "kept"),
    [
        ("shop:1", {"exit_code": 0}, True),
        ("shop:1", {"exit_code": 137}, True),
        ("shop:1", {"exit_code": 1}, False),
        ("shop:1", {"exit_code": 137, "out_of_memory": True}, False),
        ("shop:2", {"exit_code": 0}, False),
    ],
    ids=["stopped by an up that was killed then", "killed", "ended itself", "too large", "never served"],
)
def test_what_served_until_it_was_stopped_is_kept_too(
    tmp_path: Path, image: str, ended: dict[str, Any], kept: bool
) -> None:
    engine: Any = Engine({"shop": image}, ended)
    previous = previous_of(tmp_path, engine)
    previous.step_aside(engine)
    assert engine.done == [("aside" if kept else "removed", "shop")]
    assert previous.aside == kept


@pytest.mark.parametrize("before", ["serves well", "its page failed, too", "nothing"])
def test_a_page_that_fails_takes_the_place_of_nothing_that_served_well(tmp_path: Path, before: str) -> None:
    engine: Any = Engine({} if before == "nothing" else {"shop": "shop:1"})
    previous = previous_of(tmp_path, engine)
    previous.page_fails = before == "its page failed, too"
    built: Any = SimpleNamespace(built=SimpleNamespace(image=SimpleNamespace(digest="sha256:1")))
    values, process = Values((), ()), Process(name="web", type=ProcessType.WEB, argv=("serve",), port=8000)
    failure = FailingPage("GET / answered 500", where="shop", hint="see its log")
    failure.spec = RunSpec(
        name="shop", app="shop", image_reference="shop:2", process=process, published_port=8000
    )

    def starts() -> RunSpec:
        previous.step_aside(engine)
        raise failure

    one = Start(
        app=previous.app,
        loaded=built,
        previous=previous,
        engine=engine,
        values=values,
        port=None,
        setup=(),
        told=set(),
        world=previous.world,
    )
    with pytest.raises(UnhealthyError, match="GET / answered 500") as raised:
        one._replaced(starts)
    record = previous.app.state.record()
    comes_back = before == "serves well"
    assert isinstance(raised.value, FailingPage) != comes_back
    assert (("back", "shop") in engine.done) == comes_back
    assert record is not None
    assert (record.image_reference, record.page_fails) == (
        ("shop:1", False) if comes_back else ("shop:2", True)
    )


def previous_of(tmp_path: Path, engine: Any) -> Previous:
    app = App("shop", tmp_path, AppState.of(tmp_path / "state", "shop"))
    app.state.put_record(UpRecord(app="shop", engine="docker", container="shop", image_reference="shop:1"))
    world = World.real({}, SilentReporter(), offline=True, cache_root=tmp_path)
    previous = Previous.of(app, world)
    previous.engine, previous.port = engine, 8000
    return previous
