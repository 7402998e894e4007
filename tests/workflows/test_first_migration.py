"""The tutorial of Flask-Migrate, followed at the desk, whose tables are there before the first migration."""

import shlex
from pathlib import Path

import pytest

from okamochi.workflows.first_migration import first_migration_hint, writes_migration
from tests.detect.plans import planned

SOURCE = """\
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///shop.db"
db = SQLAlchemy(app)
Migrate(app, db)
"""
FILES = {"app.py": SOURCE, "requirements.txt": "flask\nflask-sqlalchemy\nflask-migrate\n"}
ENV = "from flask import current_app\nfrom alembic import context\n"
REVISION = "revision = 'a1'\ndown_revision = None\n\ndef upgrade():\n    op.create_table('row')\n"
MIGRATE = ("flask", "db", "migrate", "-m", "first")


def test_where_no_migration_was_written_the_way_to_the_first_one_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    hint = first_migration_hint(planned({**FILES, "migrations/env.py": ENV}), MIGRATE, tmp_path / "shop")
    command = hint[hint.index("okamochi exec") : hint.rindex("then once more")]
    assert "db.drop_all()" in shlex.split(command)[-1]
    assert "okamochi exec --project shop -- flask db migrate -m first" in hint


def test_a_project_with_a_migration_is_told_nothing() -> None:
    files = {**FILES, "migrations/env.py": ENV, "migrations/versions/a1_first.py": REVISION}
    assert first_migration_hint(planned(files), MIGRATE, Path()) == ""


@pytest.mark.parametrize(
    ("command", "writes"),
    [
        ("flask db migrate -m first", True),
        ("alembic revision --autogenerate -m first", True),
        ("flask db upgrade", False),
        ("flask db init", False),
    ],
)
def test_the_commands_that_compare(command: str, writes: bool) -> None:
    assert writes_migration(tuple(command.split())) is writes
