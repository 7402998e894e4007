"""Commands that set data up are offered, with what runs them; they are no processes."""

import pytest

from tests.detect.plans import FLASK_APP, decision, planned

FLASKR = """\
import click
from flask import Flask

def create_app():
    app = Flask(__name__)
    app.cli.add_command(init_db_command)
    return app

@click.command("init-db")
def init_db_command(): ...
"""


def commands(plan):  # type: ignore[no-untyped-def]
    return {one.name: one.argv for one in plan.setup_commands}


def test_a_click_command_of_flask_is_offered_and_not_run() -> None:
    plan = planned({"flaskr/__init__.py": FLASKR})
    assert commands(plan) == {"init-db": ("/opt/venv/bin/flask", "init-db")}
    assert "okamochi up --setup init-db" in decision(plan, "setup_commands.init-db").summary
    assert [process.name for process in plan.processes] == ["web"]


def test_a_command_without_a_name_is_called_as_click_calls_it() -> None:
    app = "from flask import Flask\napp = Flask(__name__)\n@app.cli.command()\ndef create_tables(): ...\n"
    assert commands(planned({"app.py": app})) == {"create-tables": ("/opt/venv/bin/flask", "create-tables")}


def test_a_script_of_pyproject_is_offered_as_a_call_of_its_function() -> None:
    toml = '[project]\nname = "blog"\ndependencies = ["quart"]\n[project.scripts]\ninit_db = "blog:init_db"\n'
    toml += 'start = "blog:run"\n'
    app = "from quart import Quart\napp = Quart(__name__)\ndef init_db(): ...\ndef run(): ...\n"
    plan = planned({"pyproject.toml": toml, "blog/__init__.py": app})
    assert commands(plan) == {
        "init_db": ("/opt/venv/bin/python", "-c", "import sys; from blog import init_db; sys.exit(init_db())")
    }


GROUP_TOML = '[project]\nname = "shop"\ndependencies = ["flask"]\n[project.scripts]\nshop = "shop.cli:main"\n'
GROUP = (
    "import click\nfrom flask.cli import FlaskGroup\n@click.group(cls=FlaskGroup)\ndef main(): ...\n"
    "@main.command()\n@click.option('--name')\ndef install(name): ...\n"
    "@main.command()\ndef reindex(): ...\n"
)


def test_the_commands_of_a_script_that_is_a_group_are_offered_as_its_words() -> None:
    files = {"pyproject.toml": GROUP_TOML, "shop/__init__.py": FLASK_APP, "shop/cli.py": GROUP}
    program = "import sys; from shop.cli import main; sys.exit(main())"
    assert commands(planned(files)) == {"install": ("/opt/venv/bin/python", "-c", program, "install")}


@pytest.mark.parametrize(
    ("old", "new"),
    [("@click.group(cls=FlaskGroup)", "@click.pass_context"), ('"shop.cli:main"', '"shop.cli:other"')],
)
def test_a_group_that_is_no_script_offers_nothing(old: str, new: str) -> None:
    toml, group = GROUP_TOML.replace(old, new), GROUP.replace(old, new)
    files = {"pyproject.toml": toml, "shop/__init__.py": FLASK_APP, "shop/cli.py": group}
    assert planned(files).setup_commands == ()


def test_an_ordinary_command_is_not_offered() -> None:
    app = "from flask import Flask\napp = Flask(__name__)\n@app.cli.command('send-mail')\ndef mail(): ...\n"
    assert planned({"app.py": app}).setup_commands == ()


def test_a_script_that_is_no_reference_is_left_alone() -> None:
    toml = '[project]\nname = "x"\ndependencies = ["flask"]\n[project.scripts]\ninit = "x:y(); import os"\n'
    app = "from flask import Flask\napp = Flask(__name__)\n"
    assert planned({"pyproject.toml": toml, "app.py": app}).setup_commands == ()


def test_a_command_of_a_group_has_the_groups_name_before_its_own() -> None:
    cli = (
        "from flask.cli import AppGroup\ndata = AppGroup('data')\n@data.command('create')\ndef make(): ...\n"
    )
    app = "from flask import Flask\nfrom cli import data\napp = Flask(__name__)\napp.cli.add_command(data)\n"
    plan = planned({"app.py": app, "cli.py": cli})
    assert [one.argv for one in plan.setup_commands] == [("/opt/venv/bin/flask", "data", "create")]
    plan = planned({"app.py": app.replace("app.cli.add_command(data)", ""), "cli.py": cli})
    assert plan.setup_commands == ()


def test_a_group_that_manage_py_knows_under_another_name_is_reached_through_it() -> None:
    files = {
        "app.py": FLASK_APP,
        "manage.py": "from shop.cli import manager\nif __name__ == '__main__':\n    manager()\n",
        "shop/__init__.py": "",
        "shop/cli/__init__.py": "import click\nfrom flask.cli import FlaskGroup\n"
        "from shop.cli import database\n"
        "@click.group(cls=FlaskGroup)\ndef manager(): ...\n"
        "manager.add_command(database.manager, 'database')\n",
        "shop/cli/database.py": "from flask.cli import AppGroup\nmanager = AppGroup(help='x')\n\n"
        "@manager.command(name='create_tables')\ndef tables():\n    ...\n",
    }
    argv = ("/opt/venv/bin/python", "manage.py", "database", "create_tables")
    assert [one.argv for one in planned(files).setup_commands] == [argv]


ALCHEMY = (
    "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n"
    "app = Flask(__name__)\ndb = SQLAlchemy(app)\n"
)
MAKES = "from app import app, db\n\nwith app.app_context():\n    db.create_all()\n    db.session.commit()\n"


def test_a_script_that_only_makes_tables_runs_before_the_web_and_is_offered() -> None:
    plan = planned({"app.py": ALCHEMY, "create_db.py": MAKES})
    assert commands(plan) == {"create_db": ("/opt/venv/bin/python", "create_db.py")}
    (release,) = (process for process in plan.processes if process.name == "release")
    assert "create_db.py" in release.argv
    assert "makes the tables that are missing" in decision(plan, "processes.release.argv").evidence[0].reason


@pytest.mark.parametrize(
    "more",
    [
        "    db.drop_all()\n",
        "    db.session.add(User('a'))\n",
        "    n = 1\n",
        "import sys\nif sys.argv:\n    x\n",
    ],
)
def test_a_script_that_does_more_is_only_offered(more: str) -> None:
    plan = planned({"app.py": ALCHEMY, "init_db.py": MAKES + more})
    assert list(commands(plan)) == ["init_db"]
    assert [process.name for process in plan.processes] == ["web"]


def test_an_app_that_makes_its_tables_itself_needs_no_script() -> None:
    own = ALCHEMY + "with app.app_context():\n    db.create_all()\n"
    plan = planned({"app.py": own, "create_db.py": MAKES})
    assert [process.name for process in plan.processes] == ["web"]


def test_a_module_that_only_defines_or_lies_in_a_package_is_no_script() -> None:
    files = {"app.py": ALCHEMY, "create_tables.py": "def create(): ...\n", "shop/init_db.py": MAKES}
    assert planned(files).setup_commands == ()


COMMAND = """\
import click
from app import app, db

@app.cli.command()
@click.option("--drop", is_flag=True, help="Create after drop.")
def initdb(drop):
    \"\"\"Initialize the database.\"\"\"
    if drop:
        db.drop_all()
    db.create_all()
    click.echo("Initialized database.")
"""


def test_a_command_that_drops_only_when_told_to_makes_the_tables_before_the_web() -> None:
    plan = planned({"app.py": ALCHEMY, "commands.py": COMMAND})
    (release,) = (process for process in plan.processes if process.name == "release")
    assert release.argv[-2:] == ("/opt/venv/bin/flask", "initdb")
    assert "okamochi up --setup initdb" in decision(plan, "setup_commands.initdb").summary


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    if drop:\n        db.drop_all()\n", "    db.drop_all()\n"),
        ("is_flag=True,", "is_flag=True, default=True,"),
        ("    db.create_all()\n", "    db.create_all()\n    db.session.add(1)\n"),
        ("@click.option", "#"),
    ],
)
def test_a_command_that_may_do_more_is_only_offered(old: str, new: str) -> None:
    plan = planned({"app.py": ALCHEMY, "commands.py": COMMAND.replace(old, new)})
    assert list(commands(plan)) == ["initdb"]
    assert [process.name for process in plan.processes] == ["web"]


PEEWEE = "from flask import Flask\nfrom peewee import *\ndatabase = Database()\napp = Flask(__name__)\n"


@pytest.mark.parametrize(
    ("function", "runs"),
    [
        ("def create_tables():\n    with database:\n        database.create_tables([User])\n", True),
        ("def init_db():\n    with app.app_context():\n        db.create_all()\n", True),
        ("def init_db():\n    db.create_all()\n", False),
        ("def create_tables(names):\n    database.create_tables(names)\n", False),
        (
            "def create_tables():\n    database.drop_tables([User])\n    database.create_tables([User])\n",
            False,
        ),
    ],
)
def test_a_function_of_the_app_that_only_makes_tables_runs_before_the_web(function: str, runs: bool) -> None:
    plan = planned({"app.py": PEEWEE + function})
    programs = [process.argv[-1] for process in plan.processes if process.name == "release"]
    name = function.partition("(")[0].removeprefix("def ")
    assert programs == ([f"from app import {name}; {name}()"] if runs else [])


def test_a_script_and_the_function_that_it_calls_are_one_command() -> None:
    toml = '[project]\nname = "blog"\ndependencies = ["quart"]\n[project.scripts]\ninit_db = "blog:init_db"\n'
    app = """
from pathlib import Path
from sqlite3 import dbapi2 as sqlite3
from quart import Quart
app = Quart(__name__)
def connect_db():
    return sqlite3.connect(app.config["DATABASE"])
def init_db():
    db = connect_db()
    with open(Path(app.root_path) / "schema.sql") as file_:
        db.cursor().executescript(file_.read())
    db.commit()
"""
    schema = "DROP TABLE IF EXISTS post;\nCREATE TABLE post (id INTEGER);\n"
    files = {"src/blog/__init__.py": app, "src/blog/schema.sql": schema}
    found = commands(planned(files | {"pyproject.toml": toml}))
    assert [name.replace("_", "-") for name in found] == ["init-db"]


BULK = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)

def create_db():
    "Makes the tables."
    db.create_all()

def drop_db():
    db.drop_all()

def init_app(app):
    for command in [create_db, drop_db]:
        app.cli.add_command(app.cli.command()(command))
"""


@pytest.mark.parametrize(
    "registered",
    [
        "    for command in [create_db, drop_db]:\n        app.cli.add_command(app.cli.command()(command))\n",
        "    app.cli.command()(create_db)\n    app.cli.command('drop-db')(drop_db)\n",
    ],
)
def test_a_function_that_is_handed_to_the_decorator_is_a_command_as_one_below_it(registered: str) -> None:
    plan = planned({"app.py": BULK.partition("    for command")[0] + registered})
    assert commands(plan) == {name: ("/opt/venv/bin/flask", name) for name in ("create-db", "drop-db")}
    release = next(process for process in plan.processes if process.name == "release")
    assert release.argv == ("/opt/venv/bin/flask", "create-db")


def test_a_function_that_is_handed_to_something_else_is_no_command() -> None:
    app = BULK.replace("app.cli.command()(command)", "wrap()(command)")
    assert commands(planned({"app.py": app})) == {}


BLUEPRINT = """\
from flask import Blueprint
from shop import db
bp = Blueprint("stock", __name__)
@bp.cli.command("create")
def create():
    db.create_all()
"""


@pytest.mark.parametrize(
    ("made", "registered", "words"),
    [
        ('"stock", __name__', "bp", ("stock", "create")),
        ('"stock", __name__, cli_group="tools"', "bp", ("tools", "create")),
        ('"stock", __name__, cli_group=None', "bp", ("create",)),
        ('"stock", __name__', 'bp, cli_group="other"', ("other", "create")),
        ('"stock", __name__', "bp, cli_group=None", ("create",)),
    ],
)
def test_a_command_of_a_blueprint_stands_in_its_group(
    made: str, registered: str, words: tuple[str, ...]
) -> None:
    files = {
        "shop/__init__.py": "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n"
        "db = SQLAlchemy()\ndef create_app():\n    app = Flask(__name__)\n    db.init_app(app)\n"
        f"    from shop.stock import bp\n    app.register_blueprint({registered})\n    return app\n",
        "shop/stock.py": BLUEPRINT.replace('"stock", __name__', made),
    }
    plan = planned(files)
    assert commands(plan) == {"create": ("/opt/venv/bin/flask", *words)}
    release = next(process for process in plan.processes if process.name == "release")
    assert release.argv == ("/opt/venv/bin/flask", *words)


def test_a_command_may_be_in_another_module_than_its_blueprint() -> None:
    files = {
        "app.py": "from flask import Flask\nfrom stock import bp\nimport stock_cli\n"
        "app = Flask(__name__)\napp.register_blueprint(bp)\n",
        "stock.py": 'from flask import Blueprint\nbp = Blueprint(import_name=__name__, name="stock")\n',
        "stock_cli.py": "from stock import bp\n@bp.cli.command()\ndef init_db(): ...\n",
    }
    assert commands(planned(files)) == {"init-db": ("/opt/venv/bin/flask", "stock", "init-db")}
