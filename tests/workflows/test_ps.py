"""What `ps` asks an engine of a stack: one question for all of its containers."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from okamochi.run.compose import ServiceState
from okamochi.run.spec import ContainerState, Running
from okamochi.run.state import UpRecord
from okamochi.workflows import running


def test_the_restarts_of_a_stacks_containers_are_asked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def inspect_each(names: Sequence[str]) -> dict[str, Running]:
        asked.append(list(names))
        one = Running(name="shop-worker-1", app="shop", state=ContainerState.RUNNING, restarts=3)
        return {one.name: one}

    rows = tuple(ServiceState(name, "running", 0) for name in ("db", "web", "worker"))
    project = SimpleNamespace(rows=lambda: rows, container=lambda name: f"shop-{name}-1")
    stack: Any = SimpleNamespace(project=project)
    monkeypatch.setattr(running, "engine_named", lambda *_: SimpleNamespace(inspect_each=inspect_each))
    monkeypatch.setattr(running, "apps_of", lambda *_: (SimpleNamespace(identity="shop"),))
    monkeypatch.setattr(running, "stack_of", lambda *_: stack)
    record = UpRecord(
        app="shop", engine="docker", container="shop-web-1", image_reference="shop", project=str(Path.cwd())
    )
    world: Any = None
    found = running.beside(record, world)
    assert [(one.service, one.restarts) for one in found] == [("db", 0), ("worker", 3)]
    assert asked == [["shop-db-1", "shop-worker-1"]]
