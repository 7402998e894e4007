"""A project whose folder is moved, renamed or removed while it runs."""

from pathlib import Path

import pytest

from okamochi.errors import UsageError
from okamochi.run.state import UpRecord
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App, app_of, running_app, tell_moved


def world_at(folder: Path) -> World:
    variables = {"OKAMOCHI_STATE_DIR": str(folder / "state")}
    return World.real(variables, SilentReporter(), cache_root=folder / "cache")


def started(path: Path, world: World) -> App:
    path.mkdir(parents=True, exist_ok=True)
    app = app_of(path, world)
    record = UpRecord(
        app=app.identity, engine="docker", container="c", image_reference="a:1", project=str(path)
    )
    app.state.put_record(record)
    return app


def notes(world: World) -> list[str]:
    assert isinstance(world.reporter, SilentReporter)
    return world.reporter.notes


def test_what_was_started_of_a_folder_that_is_gone_is_still_found(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    app = started(tmp_path / "shop", world)
    (tmp_path / "shop").rmdir()
    assert app_of(tmp_path / "shop", world) == app
    assert running_app(tmp_path / "shop", world).record.container == "c"


def test_a_folder_that_never_was_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        app_of(tmp_path / "shop", world_at(tmp_path))


@pytest.mark.parametrize("now", ["renamed", "elsewhere/shop"])
def test_the_first_start_of_a_moved_project_tells_of_what_it_left(tmp_path: Path, now: str) -> None:
    world = world_at(tmp_path)
    started(tmp_path / "shop", world)
    (tmp_path / now).parent.mkdir(exist_ok=True)
    (tmp_path / "shop").rename(tmp_path / now)
    tell_moved(app_of(tmp_path / now, world), world)
    (note,) = notes(world)
    assert f"okamochi backup {tmp_path / 'shop'}" in note and f"okamochi down {tmp_path / 'shop'}" in note


def test_of_a_project_that_is_there_and_of_strangers_nothing_is_told(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    started(tmp_path / "here", world)
    started(tmp_path / "far" / "other", world)
    (tmp_path / "far" / "other").rmdir()
    (tmp_path / "shop").mkdir()
    tell_moved(app_of(tmp_path / "shop", world), world)
    assert notes(world) == []
