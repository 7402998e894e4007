"""What was there before a restore can be had again, also after a second one."""

import datetime
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

import msgspec
import pytest

from okamochi.errors import EngineError, UsageError
from okamochi.model.codec import plan_to_json
from okamochi.model.process import Volume
from okamochi.run.spec import ContainerState, Running
from okamochi.run.state import AppState, UpRecord
from okamochi.system.process import Completed
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows import restore as restoring
from okamochi.workflows.backup import ENDING, save_to
from okamochi.workflows.restore import MOST_KEPT, restore
from okamochi.workflows.starting.apps import App, UpApp
from tests.detect.plans import FLASK_APP, planned
from tests.recorded_runner import answer

NOW = datetime.datetime(2026, 11, 29, 12, 0, tzinfo=datetime.UTC)
APP = "shop-000000"


class OneVolume:
    """An engine with one container, whose only volume holds `content`; a broken one writes half. `done` is
    what it was told to do, in order."""

    def __init__(self) -> None:
        self.content = b""
        self.broken = False
        self.done: list[str] = []

    def inspect(self, name: str) -> Running:
        return Running(name=name, app=APP, state=ContainerState.RUNNING)

    def stop(self, name: str, *, grace_seconds: int) -> None:
        self.done.append("stop")

    def bring_back(self, name: str) -> None:
        self.done.append("start")

    def check(self, name: str, argv: tuple[str, ...]) -> tuple[bool, str]:
        return True, "healthy"

    def beside(
        self,
        name: str,
        argv: tuple[str, ...],
        *,
        source: BinaryIO | None = None,
        into: BinaryIO | None = None,
    ) -> Completed:
        self.done.append("save" if source is None else "load")
        if into is not None:
            into.write(self.content)
        if source is not None:
            content = source.read()
            self.content = content[: len(content) // 2] if self.broken else content
        return answer(returncode=1 if source is not None and self.broken else 0)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.real({}, SilentReporter(), offline=True, cache_root=tmp_path / "cache")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UpApp:
    state = AppState.of(tmp_path / "state", APP)
    plan = planned({"app.py": FLASK_APP})
    state.put_plan(plan_to_json(msgspec.structs.replace(plan, volumes=(Volume(name="data", path="/app/d"),))))
    record = UpRecord(app=APP, engine="host", container="okamochi-shop", image_reference="shop:1")
    found = UpApp(App(APP, tmp_path / "shop", state), OneVolume(), record)  # type: ignore[arg-type]
    monkeypatch.setattr(restoring, "running_app", lambda path, world, desk: found)
    return found


def saved(app: UpApp, content: bytes, target: Path, world: World) -> Path:
    app.engine.content = content  # type: ignore[attr-defined]
    save_to(target, app, NOW, world)
    return target


def at(minute: int) -> datetime.datetime:
    return NOW + datetime.timedelta(minutes=minute)


def kept(app: UpApp) -> list[Path]:
    return sorted(app.app.state.folder.glob(f"*{ENDING}"))


def test_a_restore_is_undone_by_restoring_what_was_there_before(
    app: UpApp, world: World, tmp_path: Path
) -> None:
    file = saved(app, b"old", tmp_path / "file", world)
    app.engine.content = b"present"  # type: ignore[attr-defined]
    before = restore(file, app.app.root, at(1), world)
    assert app.engine.content == b"old"  # type: ignore[attr-defined]
    again = restore(before, app.app.root, at(2), world)
    assert app.engine.content == b"present"  # type: ignore[attr-defined]
    restore(again, app.app.root, at(2), world)
    assert app.engine.content == b"old"  # type: ignore[attr-defined]


def test_a_second_try_does_not_write_over_what_was_there_before_the_first(
    app: UpApp, world: World, tmp_path: Path
) -> None:
    file = saved(app, b"good", tmp_path / "file", world)
    app.engine.content = b"present"  # type: ignore[attr-defined]
    app.engine.broken = True  # type: ignore[attr-defined]
    for minute in range(1, MOST_KEPT + 3):
        with pytest.raises(EngineError, match="data could not be restored"):
            restore(file, app.app.root, at(minute), world)
    app.engine.broken = False  # type: ignore[attr-defined]
    restore(kept(app)[0], app.app.root, at(60), world)
    assert app.engine.content == b"present"  # type: ignore[attr-defined]


def test_of_many_restores_the_last_few_can_be_undone(app: UpApp, world: World, tmp_path: Path) -> None:
    file = saved(app, b"good", tmp_path / "file", world)
    made = [restore(file, app.app.root, at(minute), world) for minute in range(MOST_KEPT + 2)]
    assert kept(app) == made[-MOST_KEPT:]
    restore(made[-MOST_KEPT], app.app.root, at(60), world)
    assert made[-MOST_KEPT] in kept(app)


@pytest.mark.parametrize("broken", [False, True])
def test_the_app_stands_still_while_its_data_is_replaced_and_goes_on_whatever_came_of_it(
    broken: bool, app: UpApp, world: World, tmp_path: Path
) -> None:
    engine: OneVolume = app.engine  # type: ignore[assignment]
    file = saved(app, b"good", tmp_path / "file", world)
    engine.done.clear()
    engine.broken = broken
    with pytest.raises(EngineError) if broken else nullcontext():
        restore(file, app.app.root, NOW, world)
    assert engine.done == ["save", "stop", "load", "start"]


def test_a_file_that_is_not_there_is_told_before_anything_of_the_app(tmp_path: Path, world: World) -> None:
    with pytest.raises(UsageError) as caught:
        restoring.what_goes(tmp_path / "gone", tmp_path, world)
    assert (caught.value.message, caught.value.where) == ("there is no such file", str(tmp_path / "gone"))
