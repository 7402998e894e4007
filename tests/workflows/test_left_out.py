"""What an app was started without does not come by itself later: its data would be out of sight."""

from pathlib import Path

import pytest

from okamochi.errors import UnhealthyError
from okamochi.model.plan import Plan
from okamochi.run.state import AppState
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.left_out import goes_on_without, remember_left_out, tell_left_out
from tests.detect.plans import planned

SOURCE = (
    "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
    "url = os.environ.get('DATABASE_URL', 'sqlite:////var/lib/app/shop.db')\n"
    "cache = os.environ.get('REDIS_URL', '')\n"
)


def plan_of(**files: str) -> Plan:
    written = {"app.py": SOURCE, "requirements.txt": "flask\nflask-sqlalchemy\npsycopg\nredis\n"}
    return planned({**written, **{name.replace("__", "."): text for name, text in files.items()}})


def without(plan: Plan, state: AppState, world: World) -> list[str]:
    return [one.name for one in plan.services if goes_on_without(one, plan, state, world)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.real({}, SilentReporter(), offline=True, cache_root=tmp_path / "cache")


@pytest.fixture
def state(tmp_path: Path) -> AppState:
    return AppState(tmp_path / "shop")


def test_a_database_that_could_not_be_had_stays_away_until_the_settings_name_it(
    state: AppState, world: World
) -> None:
    plan = plan_of()
    assert plan.volumes and not any(one.required for one in plan.services)
    assert without(plan, state, world) == []
    remember_left_out(plan.services, plan, state)
    assert without(plan, state, world) == ["db"]  # a cache keeps nothing that would be missed
    asked = plan_of(okamochi__toml='services = { db = "postgres:17" }\n')
    assert without(asked, state, world) == []


def test_it_is_forgotten_once_the_database_was_started(state: AppState, world: World) -> None:
    plan = plan_of()
    remember_left_out(plan.services, plan, state)
    remember_left_out((), plan, state)
    assert without(plan, state, world) == []


@pytest.mark.parametrize(
    ("message", "started", "told"),
    [
        ("the service at 127.0.0.1 cannot be reached from the container", 0, True),
        ("the service at 127.0.0.1 cannot be reached from the container", 2, False),
        ("the app raises ValueError", 0, False),
    ],
)
def test_what_was_left_out_is_named_where_the_app_misses_it(message: str, started: int, told: bool) -> None:
    services = plan_of().services
    failure = UnhealthyError(message, where="", hint="let the code read the address from a variable")
    tell_left_out(failure, services, services[:started])
    assert failure.hint.startswith("db (postgres:17), redis (") is told
    assert ("let the code" in failure.hint) is not told
