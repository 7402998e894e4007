"""What serves makes room for its successor, and what is kept to come back to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from okamochi.run.spec import ContainerState, Running
from okamochi.run.state import AppState, UpRecord
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.previous import Previous


@dataclass
class Engine:
    """Containers by name, each with its image."""

    images: dict[str, str]
    name: str = "docker"
    done: list[tuple[str, str]] = field(default_factory=list)

    def inspect(self, name: str) -> Running:
        state = ContainerState.RUNNING if name in self.images else ContainerState.ABSENT
        return Running(name=name, app="shop", state=state, image_reference=self.images.get(name, ""))

    def set_aside(self, name: str, *, grace_seconds: int) -> None:
        self.done.append(("aside", name))

    def remove(self, name: str) -> None:
        self.done.append(("removed", name))


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
    app = App("shop", tmp_path, AppState.of(tmp_path / "state", "shop"))
    app.state.put_record(UpRecord(app="shop", engine="docker", container="shop", image_reference="shop:1"))
    world = World.real({}, SilentReporter(), offline=True, cache_root=tmp_path)
    previous = Previous.of(app, world)
    previous.engine, previous.port = engine, 8000
    previous.step_aside(engine)
    assert engine.done == [done] and previous.aside
