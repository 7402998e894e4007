"""`up --setup` runs each command once, and says what fails."""

from pathlib import Path
from typing import cast

import pytest

from okamochi.errors import UnhealthyError, UsageError
from okamochi.run.engine import Engine
from okamochi.run.state import AppState
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.setup import offer_setup, setup_of, tell_setups
from tests.detect.plans import planned

APP = "from flask import Flask\napp = Flask(__name__)\n@app.cli.command('init-db')\ndef f(): ...\n"
PLAN = planned({"app.py": APP})


class FakeContainer:
    """Answers a command as it was told, and remembers it."""

    name = "docker"

    def __init__(self, *answers: tuple[bool, str]) -> None:
        self.answers = list(answers)
        self.log = ""
        self.ran: list[tuple[str, ...]] = []

    def logs(self, name: str, *, tail: int = 200) -> str:
        return self.log

    def check(self, name: str, argv: tuple[str, ...]) -> tuple[bool, str]:
        self.ran.append(argv[4:])
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.real({}, SilentReporter(), offline=True, cache_root=tmp_path / "cache")


@pytest.fixture
def state(tmp_path: Path) -> AppState:
    return AppState.of(tmp_path, "shop")


def test_a_command_runs_once_until_the_data_is_gone(state: AppState, world: World) -> None:
    container = FakeContainer((True, ""))
    setup = setup_of(("init-db", "python fill.py 'a b'"), PLAN, state, world)
    setup.run(cast(Engine, container), "shop")
    setup.run(cast(Engine, container), "shop")
    assert container.ran == [("/opt/venv/bin/flask", "init-db"), ("python", "fill.py", "a b")]
    state.forget_setups()
    setup.run(cast(Engine, container), "shop")
    assert len(container.ran) == 4


def test_words_after_an_offered_name_are_said_to_it(state: AppState, world: World) -> None:
    container = FakeContainer((True, ""))
    setup_of(("init-db --name 'a b'",), PLAN, state, world).run(cast(Engine, container), "shop")
    assert container.ran == [("/opt/venv/bin/flask", "init-db", "--name", "a b")]


def test_a_command_waits_for_its_container(state: AppState, world: World) -> None:
    container = FakeContainer((False, "Error: container is not running"), (True, ""))
    setup_of(("init-db",), PLAN, state, world).run(cast(Engine, container), "shop")
    assert len(container.ran) == 2


def test_a_command_that_fails_is_told_and_may_be_run_again(state: AppState, world: World) -> None:
    said = 'Traceback (most recent call last):\n  File "/app/app.py", line 4, in f\nValueError: no\n'
    setup = setup_of(("init-db",), PLAN, state, world)
    with pytest.raises(UnhealthyError, match="ValueError: no"):
        setup.run(cast(Engine, FakeContainer((False, said))), "shop")
    assert state.setups() == ()


def test_a_command_that_ended_with_its_container_tells_the_apps_own_error(
    state: AppState, world: World
) -> None:
    container = FakeContainer((False, ""))
    container.log = (
        'Traceback (most recent call last):\n  File "/app/app.py", line 1, in <module>\nOSError: 7\n'
    )
    with pytest.raises(UnhealthyError, match="OSError: 7"):
        setup_of(("init-db",), PLAN, state, world).run(cast(Engine, container), "shop")


def test_a_container_that_ended_before_a_command_tells_the_apps_own_error(
    state: AppState, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("okamochi.workflows.starting.setup.PAUSE_SECONDS", 0)
    said = "OCI runtime exec failed: unable to start: error writing config to pipe: write init-p: broken pipe"
    container = FakeContainer((False, said))
    container.log = "ModuleNotFoundError: No module named 'pkg_resources'\n"
    setup = setup_of(("init-db",), PLAN, state, world)
    with pytest.raises(UnhealthyError, match="pkg_resources"):
        setup.run(cast(Engine, container), "shop")
    assert len(container.ran) > 1


def test_words_that_are_no_command_are_wrong_usage(state: AppState, world: World) -> None:
    with pytest.raises(UsageError) as caught:
        setup_of(("'open",), PLAN, state, world)
    assert "init-db" in caught.value.hint


def test_missing_tables_name_what_the_project_has_to_make_them(tmp_path: Path) -> None:
    failure = UnhealthyError("the table post does not exist: the database was not migrated", hint="?")
    offer_setup(failure, PLAN, tmp_path / "shop")
    assert f"okamochi up {tmp_path}/shop --setup init-db" in failure.hint


def test_missing_tables_that_files_of_sql_have_name_those_files() -> None:
    connects = (
        "import pymysql\ndb = pymysql.connect(host='localhost', user='me', password='S3same', database='b')\n"
    )
    files = {
        "app.py": f"from flask import Flask\napp = Flask(__name__)\n{connects}",
        "two.sql": "create table b (c int)",
    }
    plan = planned({**files, "requirements.txt": "flask\npymysql\n", "one.sql": "CREATE TABLE a (b int);"})
    failure = UnhealthyError("the table a does not exist: the database was not migrated", hint="?")
    offer_setup(failure, plan, Path())
    assert "one.sql, two.sql have some" in failure.hint


def test_a_first_start_tells_what_the_project_has_to_set_its_data_up(
    state: AppState, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    app = App("shop", tmp_path, state)
    told = cast(SilentReporter, world.reporter).notes
    tell_setups(planned({"app.py": "from flask import Flask\napp = Flask(__name__)\n"}), app, world)
    assert told == []
    tell_setups(PLAN, app, world)
    assert told == ["the project can set its data up, which was not asked for: okamochi up --setup init-db"]
    state.put_setup(("flask", "init-db"))
    tell_setups(PLAN, app, world)
    assert len(told) == 1


def test_a_project_that_lies_elsewhere_is_named_where_it_is_typed(
    state: AppState, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    told = cast(SilentReporter, world.reporter).notes
    tell_setups(PLAN, App("shop", tmp_path / "a shop", state), world)
    assert [one.rpartition(": ")[2] for one in told] == ["okamochi up 'a shop' --setup init-db"]


def test_what_drops_data_or_ran_before_the_web_is_not_among_what_is_told(
    state: AppState, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    app = App("shop", tmp_path, state)
    source = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)
@app.cli.command()
def create_db():
    db.create_all()
@app.cli.command()
def drop_db():
    db.drop_all()
"""
    more = '@app.cli.command()\ndef populate():\n    print("rows")\n'
    told = cast(SilentReporter, world.reporter).notes
    tell_setups(planned({"app.py": source}), app, world)
    assert told == []
    tell_setups(planned({"app.py": source + more}), app, world)
    assert [one.rpartition(": ")[2] for one in told] == ["okamochi up --setup populate"]


def test_at_the_desk_the_command_is_run_in_what_runs_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    failure = UnhealthyError("the table a does not exist: the database was not migrated", hint="?")
    offer_setup(failure, PLAN, tmp_path, at_desk=True)
    assert failure.hint == (
        "the project has commands that set its data up: okamochi exec --dev flask init-db (some drop what is "
        "there)"
    )
    other = UnhealthyError("the app is slow", hint="?")
    offer_setup(other, PLAN, tmp_path, at_desk=True)
    assert other.hint == "?"
