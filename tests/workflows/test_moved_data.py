"""An app that wants another database than before, or none any more."""

from pathlib import Path
from typing import cast

import pytest

from okamochi.model.codec import plan_to_json
from okamochi.run.state import AppState, UpRecord
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.moved_data import former_plan, tell_left_data
from tests.detect.plans import planned

SOURCE = """\
import os
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "sqlite:///shop.db")
db = SQLAlchemy(app)
"""
SQLITE = planned({"app.py": SOURCE, "requirements.txt": "flask\nflask-sqlalchemy\n"})
POSTGRES = planned({"app.py": SOURCE, "requirements.txt": "flask\nflask-sqlalchemy\npsycopg\n"})


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App("shop-123456", tmp_path, AppState.of(tmp_path / "state", "shop-123456"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.real({}, SilentReporter(), offline=True, cache_root=tmp_path / "cache")


def notes(world: World) -> list[str]:
    return cast(SilentReporter, world.reporter).notes


def test_a_database_in_the_place_of_a_file_begins_empty_and_that_is_said(app: App, world: World) -> None:
    tell_left_data(SQLITE, POSTGRES, app, world)
    (told,) = notes(world)
    assert told.startswith("db (postgres:") and "begins empty" in told and "/app/instance" in told


def test_a_database_that_is_not_used_any_more_keeps_its_data(app: App, world: World) -> None:
    tell_left_data(POSTGRES, SQLITE, app, world)
    (told,) = notes(world)
    assert "is not used any more" in told and "okamochi-shop-123456_db-data" in told


def test_a_first_start_and_one_like_before_tell_nothing(app: App, world: World) -> None:
    tell_left_data(None, POSTGRES, app, world)
    tell_left_data(POSTGRES, POSTGRES, app, world)
    assert notes(world) == []


def test_what_never_served_left_no_data(app: App) -> None:
    app.state.put_plan(plan_to_json(SQLITE))
    assert former_plan(app.state) is None
    app.state.put_record(
        UpRecord(app=app.identity, engine="docker", container="okamochi-shop", image_reference="shop:1")
    )
    found = former_plan(app.state)
    assert found is not None and found.volumes == SQLITE.volumes
