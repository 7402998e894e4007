"""A SQLite file of the project is in the image where its tables are nowhere else, and only then."""

from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

from okamochi.detect.planner import make_plan
from okamochi.model.plan import Plan
from okamochi.model.process import ProcessType
from okamochi.model.settings import SettingsTable
from okamochi.model.settings_reader import read_settings
from okamochi.system.project_files import DiskProject
from tests.build.real_git import git, new_repository
from tests.detect.plans import planned

SQLITE = b"SQLite format 3\0" + bytes(100)
APP = (
    "import sqlite3\nfrom flask import Flask\napp = Flask(__name__)\n"
    "DB = 'data/users.db'\ndef users():\n    return sqlite3.connect(DB)\n"
)


def shipped(plan: Plan, path: str) -> bool:
    return not GitIgnoreSpec.from_lines(plan.source.exclude).match_file(path)


def test_a_committed_database_that_the_app_opens_and_nothing_makes_is_shipped() -> None:
    plan = planned({"app.py": APP, "data/users.db": SQLITE, "data/other.db": SQLITE})
    assert shipped(plan, "data/users.db") and not shipped(plan, "data/other.db")
    assert any("data/users.db" in one.summary for one in plan.decisions)


def test_a_database_is_not_shipped_where_the_app_makes_its_tables_or_git_ignores_it_or_it_is_none() -> None:
    files = {"app.py": APP, "data/users.db": SQLITE}
    makes = APP + "sqlite3.connect(DB).execute('CREATE TABLE IF NOT EXISTS users (id INTEGER)')\n"
    assert not shipped(planned({**files, "app.py": makes}), "data/users.db")
    assert not shipped(planned({**files, ".gitignore": "*.db\n"}), "data/users.db")
    assert not shipped(planned({**files, "data/users.db": b"version https"}), "data/users.db")
    maker = {"create_db.py": "from app import base, engine\nbase.metadata.create_all(engine)\n"}
    assert not shipped(planned({**files, **maker}), "data/users.db")
    assert not shipped(planned({**files, "okamochi.toml": 'exclude = ["*.db"]\n'}), "data/users.db")


def test_tests_that_the_app_itself_imports_are_shipped() -> None:
    app = "from tests.helpers import initials\nfrom flask import Flask\napp = Flask(__name__)\n"
    files = {"app.py": app, "tests/__init__.py": "", "tests/helpers.py": "def initials(): ...\n"}
    assert shipped(planned(files), "tests/helpers.py")
    assert not shipped(planned({**files, "app.py": APP}), "tests/helpers.py")


ALCHEMY = (
    "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\napp = Flask(__name__)\n"
    "app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///site.db'\ndb = SQLAlchemy(app)\n"
)
FILES = {"requirements.txt": "flask\nflask-sqlalchemy\n", "app.py": ALCHEMY, "instance/site.db": SQLITE}


@pytest.mark.parametrize(
    "left_out", [{".gitignore": "instance/\n"}, {"okamochi.toml": 'exclude = ["*.db"]\n'}]
)
def test_a_database_of_the_developers_own_runs_changes_nothing(left_out: dict[str, str]) -> None:
    plan = planned({**FILES, **left_out})
    assert not any("in the image with all rows" in one.summary for one in plan.decisions)
    assert [one.name for one in plan.processes if one.type is ProcessType.RELEASE] == ["release"]


MIGRATED = {
    "requirements.txt": "flask\nflask-sqlalchemy\nflask-migrate\n",
    "app.py": f"{ALCHEMY}from flask_migrate import Migrate\nMigrate(app, db)\n",
    "migrations/env.py": "",
    "migrations/alembic.ini": "",
    "migrations/versions/1.py": "down_revision = None\ndef upgrade():\n    op.create_table('a')\n",
}


def about_rows(root: Path) -> list[str]:
    plan = make_plan(DiskProject.open(root), SettingsTable())
    assert [one.name for one in plan.processes if one.type is ProcessType.RELEASE]
    return [one.summary for one in plan.decisions if "without its rows" in one.summary]


def test_a_tracked_database_whose_tables_migrations_make_is_told_with_the_way_to_its_rows(
    tmp_path: Path,
) -> None:
    root = new_repository(tmp_path / "shop")
    for path, text in MIGRATED.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "instance").mkdir()
    (root / "instance/site.db").write_bytes(SQLITE)
    git(root, "add", "app.py")
    assert about_rows(root) == []  # the developer's own
    git(root, "add", ".")
    assert 'exclude = ["!/instance/", "/instance/*", "!/instance/site.db"]' in about_rows(root)[0]
    (root / "okamochi.toml").write_text('exclude = ["!/instance/", "/instance/*", "!/instance/site.db"]\n')
    plan = make_plan(DiskProject.open(root), read_settings(DiskProject.open(root)))
    assert shipped(plan, "instance/site.db")
    assert not any("without its rows" in one.summary for one in plan.decisions)


def test_a_database_in_the_instance_folder_is_shipped_alone() -> None:
    plan = planned({**FILES, "instance/config.py": ""})
    assert shipped(plan, "instance/site.db") and not shipped(plan, "instance/config.py")
    assert [one.name for one in plan.processes] == ["web"]
