"""Tables that the author's own start makes, in lines that no server runs, are made before the web starts."""

import pytest

from okamochi.model.plan import Plan
from tests.detect.plans import planned

ALCHEMY = (
    "import os\nfrom flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n"
    "app = Flask(__name__)\ndb = SQLAlchemy(app)\n"
)
BY_HAND = "from app import app\nfrom app import db\nwith app.app_context(): db.create_all()"
GUARD = "if __name__ == '__main__':\n"
REQUIREMENTS = {"requirements.txt": "flask\nflask-sqlalchemy\n"}


def release(plan: Plan) -> list[str]:
    return [process.argv[-1] for process in plan.processes if process.name == "release"]


@pytest.mark.parametrize(
    ("start", "program"),
    [
        (
            "    with app.app_context():\n        db.create_all()\n    app.run(debug=True)\n",
            "from app import app, db\nwith app.app_context():\n    db.create_all()",
        ),
        ("    db.create_all()\n    app.run()\n", "from app import db\ndb.create_all()"),
        (
            "    if not os.path.exists('a.db'):\n        db.create_all()\n        print(1)\n    app.run()\n",
            "from app import db, os\nif not os.path.exists('a.db'):\n    db.create_all()\n    print(1)",
        ),
        (
            "    app.run()\n    db.drop_all()\n",
            "from app import app\nfrom app import db\nwith app.app_context(): db.create_all()",
        ),
    ],
)
def test_what_makes_tables_below_the_main_guard_is_the_release(start: str, program: str) -> None:
    assert release(planned({**REQUIREMENTS, "app.py": ALCHEMY + GUARD + start})) == [program]


def test_what_the_main_guard_prepares_for_it_goes_before_it() -> None:
    factory = "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n"
    factory += "def create_app():\n    app = Flask(__name__)\n    db.init_app(app)\n    return app\n"
    run = "from shop import create_app, db\n" + GUARD
    run += "    debug = True\n    app = create_app()\n"
    run += "    with app.app_context():\n        db.create_all()\n    app.run()\n"
    (program,) = release(planned({**REQUIREMENTS, "shop/__init__.py": factory, "run.py": run}))
    assert program == (
        "from run import create_app, db\napp = create_app()\nwith app.app_context():\n    db.create_all()"
    )


@pytest.mark.parametrize(
    "asked",
    [
        "    args = argparse.ArgumentParser().parse_args()\n    if args.init:\n        db.create_all()\n",
        "    if 'init' in sys.argv:\n        db.create_all()\n",
    ],
)
def test_what_rests_on_a_command_line_is_no_release(asked: str) -> None:
    app = f"import argparse, sys\n{ALCHEMY}{GUARD}{asked}    app.run()\n"
    assert release(planned({**REQUIREMENTS, "app.py": app})) == []


SQL = (
    "import sqlite3\nfrom flask import Flask\napp = Flask(__name__)\n"
    "def init_db():\n    c = sqlite3.connect('a.db')\n"
)


@pytest.mark.parametrize(
    ("body", "runs"),
    [
        ("    c.execute('CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, body TEXT)')\n", True),
        ('    c.executescript("""\n        CREATE TABLE notes (id INTEGER)\n    """)\n', True),
        ("    c.execute('DROP TABLE notes')\n    c.execute('CREATE TABLE notes (id INTEGER)')\n", False),
        ("    c.execute('CREATE TABLE a (id INTEGER)')\n    c.execute('DELETE FROM notes')\n", False),
        ("    c.execute('SELECT 1')\n", False),
        ("    c.execute('CREATE TABLE a (id INTEGER)')\n    app.run()\n", False),
        ("    c.execute('CREATE TABLE a (id INTEGER)')\n    serve(app)\n", False),
        ("    c.execute('CREATE TABLE a (id INTEGER)')\n    while True:\n        c.commit()\n", False),
        ("    c.execute('CREATE TABLE a (id INTEGER)')\n    print(sys.argv)\n", False),
    ],
)
def test_a_function_of_the_project_counts_unless_it_drops_something_or_never_ends(
    body: str, runs: bool
) -> None:
    plan = planned({"app.py": f"{SQL}{body}{GUARD}    init_db()\n    app.run()\n"})
    assert release(plan) == (["from app import init_db\ninit_db()"] if runs else [])


@pytest.mark.parametrize(("line", "runs"), [("db.drop_all()\n", False), ("print('tables')\n", True)])
def test_a_script_beside_the_app_that_drops_when_it_is_imported_is_left_alone(line: str, runs: bool) -> None:
    start = f"from shop import app, db\n{line}{GUARD}    with app.app_context():\n        db.create_all()\n"
    plan = planned({**REQUIREMENTS, "shop.py": ALCHEMY, "tables.py": start})
    assert any("from tables import" in program for program in release(plan)) == runs


def test_a_script_that_is_run_as_it_is_needs_no_release() -> None:
    script = "import streamlit as st\nst.title('a')\n" + GUARD + "    Base.metadata.create_all()\n"
    assert release(planned({"requirements.txt": "streamlit\n", "app.py": script})) == []


def test_tables_of_flask_sqlalchemy_that_nothing_makes_are_made() -> None:
    assert release(planned({**REQUIREMENTS, "app.py": ALCHEMY})) == [BY_HAND]
    reset = {"tools/reset.py": "from app import db\ndef reset():\n    db.drop_all()\n    db.create_all()\n"}
    assert release(planned({**REQUIREMENTS, "app.py": ALCHEMY, **reset})) == []
    tested = "from app import db\ndef test_rows():\n    db.create_all()\n"
    for path in ("tests/rows.py", "shop/tests/conftest.py", "test_rows.py", "conftest.py"):
        assert release(planned({**REQUIREMENTS, "app.py": ALCHEMY, path: tested})) == [BY_HAND]
    assert release(planned({**REQUIREMENTS, "app.py": ALCHEMY, "latest.py": tested})) == []
    wrapped = ALCHEMY.replace("app = Flask(__name__)", "app = ProxyFix(Flask(__name__))")
    wrapped = "from werkzeug.middleware.proxy_fix import ProxyFix\n" + wrapped
    assert release(planned({**REQUIREMENTS, "app.py": wrapped})) == []
