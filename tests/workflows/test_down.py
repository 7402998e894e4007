"""What `down` says that it removed of a stack, and what it asks before."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from okamochi.cli import down as cli_down
from okamochi.cli.main import program
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows import running
from okamochi.workflows.starting.apps import app_of


@pytest.mark.parametrize(
    ("volumes", "told"), [(False, ("shop-web-1",)), (True, ("shop-web-1", "shop_db-data"))]
)
def test_data_that_is_gone_is_named(
    volumes: bool, told: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compose removes the volumes of its file and says nothing; an older one stays for who removes it."""
    there = ["shop_db-data", "shop_older"]

    def stop(*, volumes: bool, grace_seconds: int) -> None:
        if volumes:
            there.remove("shop_db-data")

    project = SimpleNamespace(
        states=lambda: (("web", "running", 0),), container=lambda name: f"shop-{name}-1", stop=stop
    )
    stack = SimpleNamespace(project=project, engine=SimpleNamespace(volumes=lambda _: tuple(there)))
    monkeypatch.setattr(running, "stack_of", lambda *_: stack)
    monkeypatch.setattr(running, "forget_stack", lambda _: None)
    app: Any = SimpleNamespace(identity="shop", state=None)
    world: Any = SimpleNamespace(reporter=SilentReporter())
    assert running.stack_down(app, world, volumes=volumes) == told


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The volumes that are there, of an engine that says nothing else."""
    there: list[str] = []

    def named(app: str) -> tuple[str, ...]:
        return tuple(one for one in there if one.rpartition("_")[0] == app)

    alone = SimpleNamespace(volumes=named)
    monkeypatch.setattr(running, "engines_to_ask", lambda *_: (alone,))
    return there


@pytest.mark.parametrize("desk_alone", [False, True])
def test_the_data_that_would_go_is_known_before(desk_alone: bool, engine: list[str], tmp_path: Path) -> None:
    """What `up` keeps is left out where only the desk's is meant."""
    world = World.real({"OKAMOCHI_STATE_DIR": str(tmp_path)}, SilentReporter(), cache_root=tmp_path / "cache")
    identity = app_of(tmp_path, world).identity
    engine += [f"{identity}_uploads", f"{identity}-dev_uploads"]
    found = running.data_of(tmp_path, world, desk_alone=desk_alone)
    assert sorted(found) == sorted(engine[1:] if desk_alone else engine)


@pytest.mark.parametrize(
    ("words", "at_terminal", "answer", "removed"),
    [
        (["--volumes"], True, "n\n", None),
        (["--volumes"], True, "y\n", "all"),
        (["--volumes", "--yes"], True, "", "all"),
        (["--volumes"], False, "", "all"),
        (["--volumes", "--dev"], True, "y\n", "desk"),
        ([], True, "", "all"),
    ],
)
def test_data_goes_unasked_only_where_nobody_can_be_asked(
    words: list[str],
    at_terminal: bool,
    answer: str,
    removed: str | None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    done: list[str] = []

    def note(what: str) -> Any:
        return lambda *_, **__: done.append(what) or ()

    monkeypatch.setattr(running, "data_of", lambda *_, **__: ("shop_db-data",))
    monkeypatch.setattr(running, "down", note("all"))
    monkeypatch.setattr(running, "down_desk", note("desk"))
    monkeypatch.setattr(cli_down, "at_a_terminal", lambda: at_terminal)
    result = CliRunner().invoke(program, ["down", str(tmp_path), *words], input=answer)
    assert done == ([removed] if removed else [])
    assert ("shop_db-data" in result.output) == bool(answer)
