"""Of which stack `ps` tells, and that what is there is not what served last."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from okamochi.cli.main import program
from okamochi.run.spec import ContainerState, Running
from okamochi.run.state import UpRecord
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows import running
from okamochi.workflows.starting.apps import app_of, desk_of


@pytest.mark.parametrize("desk", [False, True])
def test_what_runs_beside_web_is_of_the_same_stack(
    desk: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World.real({"OKAMOCHI_STATE_DIR": str(tmp_path)}, SilentReporter(), cache_root=tmp_path / "cache")
    production = app_of(tmp_path, world)
    app = desk_of(production, world) if desk else production
    asked: list[str] = []

    def stack_of(one: Any, *_: object) -> Any:
        asked.append(one.identity)
        return SimpleNamespace(project=SimpleNamespace(rows=lambda: ()))

    monkeypatch.setattr(running, "stack_of", stack_of)
    record = UpRecord(
        app=app.identity, engine="docker", container="c", image_reference="a:1", project=str(tmp_path)
    )
    assert running.beside(record, world) == ()
    assert asked == [app.identity]


@pytest.mark.parametrize(
    ("now", "told"),
    [("a:1", False), ("docker.io/library/a:1", False), ("a:2", True), ("a:11", True), ("", False)],
    ids=["serves", "podman's name", "unsettled", "a longer tag", "absent"],
)
def test_a_version_that_an_up_left_which_was_killed_is_told_apart(
    now: str, told: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Else it reads "running", as if what serves were what is known to be well."""
    record = UpRecord(app="shop", engine="docker", container="c", image_reference="a:1", url="http://a/")
    one = Running(name="c", app="shop", state=ContainerState.RUNNING, image_reference=now)
    monkeypatch.setattr(running, "ps", lambda *_: (running.Seen(record, one),))
    program(["ps", str(tmp_path)], standalone_mode=False)
    said = capsys.readouterr().err
    assert (f"{now} is there in the place of a:1" in said) == told
