"""`okamochi exec` of a program that the image does not have."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from okamochi.run.spec import ContainerState
from okamochi.system.progress import SilentReporter
from okamochi.workflows import running


@pytest.mark.parametrize(
    ("program", "identity", "code", "told"),
    [
        ("bash", "shop-123456", 127, "okamochi shell joins one"),
        ("/usr/bin/ls", "shop-123456", 127, "okamochi shell joins one"),
        ("pip", "shop-123456", 127, "write the package into the requirements"),
        ("psql", "shop-123456-dev", 127, "okamochi shell has a shell"),
        ("flask", "shop-123456", 2, ""),
        ("flask", "shop-123456", 0, ""),
    ],
)
def test_who_asks_for_a_program_that_is_not_there_is_told_what_is(
    program: str, identity: str, code: int, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The kit said "cannot run bash: No such file or directory", and nothing of a way on."""
    engine = SimpleNamespace(
        inspect=lambda _: SimpleNamespace(state=ContainerState.RUNNING), exec=lambda *_, **__: code
    )
    app = SimpleNamespace(
        app=SimpleNamespace(identity=identity), engine=engine, record=SimpleNamespace(container="shop")
    )
    monkeypatch.setattr(running, "running_app", lambda *_: app)
    reporter = SilentReporter()
    world: Any = SimpleNamespace(reporter=reporter)
    assert running.execute(tmp_path, (program,), world, interactive=False) == code
    assert [told in note for note in reporter.notes] == ([True] if told else [])


@pytest.mark.parametrize(
    ("command", "identity", "told"),
    [
        ("flask db init", "shop-123456", True),
        ("flask db migrate -m users", "shop-123456", True),
        ("python manage.py makemigrations", "shop-123456", True),
        ("flask db upgrade", "shop-123456", False),
        ("flask db init", "shop-123456-dev", False),
    ],
)
def test_migrations_that_cannot_be_written_in_production_are_made_at_the_desk(
    command: str, identity: str, told: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The tutorial of Flask-Migrate ended in OSError: Read-only file system."""
    engine = SimpleNamespace(
        inspect=lambda _: SimpleNamespace(state=ContainerState.RUNNING), exec=lambda *_, **__: 1
    )
    app = SimpleNamespace(
        app=SimpleNamespace(identity=identity), engine=engine, record=SimpleNamespace(container="shop")
    )
    monkeypatch.setattr(running, "running_app", lambda *_: app)
    reporter = SilentReporter()
    world: Any = SimpleNamespace(reporter=reporter)
    running.execute(tmp_path, tuple(command.split()), world, interactive=False)
    assert [f"okamochi exec {command}" in note for note in reporter.notes] == ([True] if told else [])
