"""Migrations run once, by the real Alembic, Flask-Migrate and Django, on SQLite."""

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.kit.laid import lay_kit

from okamochi.kit import migrate

pytestmark = [pytest.mark.network, pytest.mark.slow]

FLASK_APP = """\
import os
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("SHOP_DB") or os.environ["DATABASE_URL"]
db = SQLAlchemy(app)
Migrate(app, db)
"""
FLASK_ENV = """\
from alembic import context
from flask import current_app
with current_app.extensions["migrate"].db.engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
ALEMBIC_ENV = """\
import os
from alembic import context
from sqlalchemy import create_engine
with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
FIRST = """\
import time
from alembic import op
revision, down_revision = "0001", None
def upgrade():
    time.sleep(1.5)
    op.execute("CREATE TABLE goods (name TEXT)")
    print("it migrates", flush=True)
"""
SECOND = "revision, down_revision = '0002', '0001'\ndef upgrade():\n    pass\n"
SETTINGS = """\
import os
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DB_FILE"]}}
"""
MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""


@pytest.fixture(scope="module")
def bin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment with the real tools, and the kit beside it."""
    folder = tmp_path_factory.mktemp("tools")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run((uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"), check=True)
    python = folder / "venv" / "bin" / "python"
    packages = ("flask-migrate", "flask-sqlalchemy", "django>=5,<6", "aiosqlite")
    subprocess.run((uv, "pip", "install", "--quiet", "--python", python, *packages), check=True)
    lay_kit(folder)
    return python.parent


class Shop:
    """A project, and the kit's program in its folder."""

    def __init__(self, root: Path, bin_folder: Path) -> None:
        self.root = root
        self.bin = bin_folder
        self.kit = bin_folder.parent.parent / "migrate.py"
        self.database = root / "data" / "shop.db"
        self.environ = {"PATH": os.environ["PATH"], "FLASK_APP": "app.py", "HOME": str(root)}
        self.environ["DATABASE_URL"] = f"sqlite:///{self.database}"

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def start(self, *words: str, check: bool = False) -> "subprocess.Popen[str]":
        argv = [str(self.bin / "python"), "-I", str(self.kit), *(["--check"] if check else []), "--"]
        return subprocess.Popen(
            [*argv, str(self.bin / words[0]), *words[1:]],
            cwd=self.root,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str, check: bool = False) -> tuple[int, str]:
        process = self.start(*words, check=check)
        said, _ = process.communicate(timeout=60)
        return process.returncode, said

    def revision(self) -> str:
        with sqlite3.connect(self.database) as connection:
            return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


@pytest.fixture
def shop(tmp_path: Path, bin_folder: Path) -> Iterator[Shop]:
    one = Shop(tmp_path, bin_folder)
    one.write(
        {
            "data/.keep": "",
            "app.py": FLASK_APP,
            "migrations/alembic.ini": "[alembic]\n",
            "migrations/env.py": FLASK_ENV,
            "migrations/versions/0001.py": FIRST,
            "alembic.ini": "[alembic]\nscript_location = plain\n",
            "plain/env.py": ALEMBIC_ENV,
            "plain/versions/0001.py": FIRST,
            "settings.py": SETTINGS,
            "manage.py": MANAGE,
        }
    )
    yield one


FLASK = ("flask", "db", "upgrade")
ALEMBIC = ("alembic", "upgrade", "head")
DJANGO = ("python", "manage.py", "migrate", "--noinput")


@pytest.mark.parametrize("words", [FLASK, ALEMBIC], ids=["flask-migrate", "alembic"])
def test_of_three_at_once_one_migrates_and_a_later_one_has_nothing_to_do(
    shop: Shop, words: tuple[str, ...]
) -> None:
    code, said = shop.run(*words, check=True)
    assert (code, said.strip()) == (3, "the schema is at nothing, not at 0001")
    started = [shop.start(*words) for _ in range(3)]
    answers = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], answers
    assert "".join(answers).count("it migrates") == 1
    assert "".join(answers).count("another process did it") == 2
    code, said = shop.run(*words)
    assert (code, said.strip()) == (0, "okamochi: nothing to migrate: the schema is at 0001")
    assert shop.run(*words, check=True)[0] == 0
    assert shop.revision() == "0001"


def test_an_address_that_only_the_app_knows_is_asked_of_the_app(shop: Shop) -> None:
    shop.environ["SHOP_DB"] = shop.environ.pop("DATABASE_URL")
    started = [shop.start(*FLASK) for _ in range(2)]
    answers = [process.communicate(timeout=60)[0] for process in started]
    assert "".join(answers).count("it migrates") == 1, answers
    assert shop.run(*FLASK, check=True) == (0, "the schema is at 0001\n")
    shop.write({"migrations/versions/0002.py": SECOND})
    assert shop.run(*FLASK, check=True) == (3, "the schema is at 0001, not at 0002\n")


@pytest.mark.parametrize("named", ["shopping:app", "{root}/elsewhere/shopping:app"])
def test_the_app_is_the_one_that_flask_s_variable_names(shop: Shop, named: str) -> None:
    shop.environ["SHOP_DB"] = shop.environ.pop("DATABASE_URL")
    (shop.root / "app.py").unlink()
    place = "elsewhere/shopping.py" if "/" in named else "shopping.py"
    shop.write({place: FLASK_APP})
    shop.environ["FLASK_APP"] = named.format(root=shop.root)
    assert shop.run(*FLASK, check=True) == (3, "the schema is at nothing, not at 0001\n")
    assert shop.run(*FLASK)[0] == 0
    assert shop.run(*FLASK, check=True) == (0, "the schema is at 0001\n")


def test_a_table_of_another_name_is_found_by_the_projects_own_settings(shop: Shop) -> None:
    shop.write({"plain/env.py": ALEMBIC_ENV.replace("=connection)", "=connection, version_table='mine')")})
    assert shop.run(*ALEMBIC)[0] == 0
    assert shop.run(*ALEMBIC, check=True) == (0, "the schema is at 0001\n")


def test_an_asynchronous_driver_holds_the_lock_as_well(shop: Shop) -> None:
    other = shop.environ["DATABASE_URL"].replace("sqlite:", "sqlite+aiosqlite:")
    assert shop.run(*ALEMBIC, check=True)[0] == 3
    shop.write({"plain/env.py": ALEMBIC_ENV.replace('"]', '"].replace("+aiosqlite", "")')})
    shop.environ["DATABASE_URL"] = other
    started = [shop.start(*ALEMBIC) for _ in range(2)]
    answers = [process.communicate(timeout=60)[0] for process in started]
    assert "".join(answers).count("it migrates") == 1, answers


def test_the_direct_address_takes_the_place_of_the_poolers(shop: Shop) -> None:
    shop.environ["MIGRATION_DATABASE_URL"] = shop.environ["DATABASE_URL"]
    shop.environ["DATABASE_URL"] = "postgresql://nobody@pooler.invalid/shop"
    code, said = shop.run(*FLASK)
    assert code == 0, said
    assert "DATABASE_URL is what MIGRATION_DATABASE_URL says" in said
    assert shop.revision() == "0001"


def test_a_failing_migration_gives_its_error_and_its_code_and_frees_the_lock(shop: Shop) -> None:
    broken = "revision, down_revision = '0002', '0001'\ndef upgrade():\n    raise RuntimeError('no luck')\n"
    assert shop.run(*FLASK)[0] == 0
    shop.write({"migrations/versions/0002.py": broken})
    for _ in range(2):
        code, said = shop.run(*FLASK)
        assert code == 1 and "no luck" in said
    assert shop.revision() == "0001"


def test_django_migrates_once_and_is_asked_itself(shop: Shop) -> None:
    shop.environ["DB_FILE"] = str(shop.database)
    shop.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    code, said = shop.run(*DJANGO, check=True)
    assert code == 3 and said.startswith("the schema lacks "), said
    started = [shop.start(*DJANGO) for _ in range(3)]
    answers = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], answers
    assert "".join(answers).count("Running migrations") == 1
    assert shop.run(*DJANGO) == (
        0,
        "okamochi: nothing to migrate: the schema is at the last of its migrations\n",
    )


def test_of_other_commands_each_is_run_one_after_the_other(shop: Shop) -> None:
    shop.write(
        {
            "mine.py": "import pathlib, time\nprint('begins', flush=True)\n"
            "while not pathlib.Path('enough').exists():\n    time.sleep(0.05)\nprint('done')\n"
        }
    )
    first = shop.start("python", "mine.py")
    assert first.stdout and next(line for line in first.stdout if line == "begins\n")
    second = shop.start("python", "mine.py")
    assert second.stdout and "waiting for it" in second.stdout.readline()
    shop.write({"enough": ""})
    answers = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0], answers
    assert answers == ["done\n", "begins\ndone\n"]


def test_other_commands_are_run_as_they_stand(shop: Shop) -> None:
    shop.write({"mine.py": "print('done')\nraise SystemExit(5)\n"})
    code, said = shop.run("python", "mine.py")
    assert code == 5 and said.endswith("done\n")
    assert shop.run("python", "mine.py", check=True)[0] == 4
    assert shop.run("no-such-program")[0] == 127


def test_the_name_of_a_database_that_starts_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def resolve(host: str, _: None) -> list[str]:
        asked.append(host)
        if len(asked) < 3:
            raise socket.gaierror(-2, "Name or service not known")
        return ["here"]

    monkeypatch.setattr(migrate.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(migrate.time, "sleep", lambda _: None)
    migrate.await_name("postgresql+psycopg://app:p%40ss@db:5432/shop", 60)
    assert asked == ["db"] * 3
    assert capsys.readouterr().err == "okamochi: waiting for the name db, which is not known yet\n"


@pytest.mark.parametrize("url", ["", "sqlite:////data/shop.db", "postgresql:///shop?host=/run/postgresql"])
def test_where_no_name_stands_none_is_waited_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate.socket, "getaddrinfo", lambda *_: pytest.fail("asked"))
    migrate.await_name(url, 60)
