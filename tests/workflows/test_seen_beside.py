"""Of which stack `ps` tells."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

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
