"""Tables that the author's own start makes, in lines that no server runs, are made before the web starts."""

from pathlib import Path

import pytest

from okamochi.model.plan import Plan
from okamochi.workflows.starting.setup import ways
from tests.detect.plans import decision, planned

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
        (
            "    db.create_all()\n    app.run()\n",
            "from app import app, db\napp.app_context().push()\ndb.create_all()",
        ),
        ("    db.metadata.create_all()\n    app.run()\n", "from app import db\ndb.metadata.create_all()"),
        (
            "    if not os.path.exists('a.db'):\n        db.create_all()\n        print(1)\n    app.run()\n",
            (
                "from app import app, db, os\napp.app_context().push()\n"
                "if not os.path.exists('a.db'):\n    db.create_all()\n    print(1)"
            ),
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
    assert [one.endswith("init_db()") for one in release(plan)] == ([True] if runs else [])


SEED = "def seed():\n    db.session.add(User())\n    db.session.commit()\n"
LOOKS_FIRST = "def seed():\n    if User.query.count():\n        return\n    db.session.add(User())\n"
ROWS = ALCHEMY + "class User(db.Model):\n    pass\n"
EMPTY_BY_ENGINE = "without_tables = not sqlalchemy.inspect(db.engine).get_table_names()"
EMPTY_BY_FILE = (
    "without_tables = not sqlite3.connect('a.db').execute('select 1 from sqlite_master').fetchone()"
)


@pytest.mark.parametrize(
    ("seed", "block", "kept", "once"),
    [
        (
            SEED,
            "db.create_all()\nseed()",
            "    db.create_all()\n    if without_tables:\n        seed()",
            True,
        ),
        (LOOKS_FIRST, "db.create_all()\nseed()", "    db.create_all()\n    seed()", False),
        (
            "",
            "db.create_all()\nif not User.query.first():\n    db.session.add(User())",
            "    db.create_all()\n    if not User.query.first():\n        db.session.add(User())",
            False,
        ),
        (
            "",
            "db.create_all()\nu = User()\ndb.session.add(u)",
            "    db.create_all()\n    if without_tables:\n        u = User()\n        db.session.add(u)",
            True,
        ),
        ("", "db.create_all()\napp.run()", "    db.create_all()", False),
        ("", "db.create_all()\nfetch()", "    db.create_all()", False),
        (SEED, "db.drop_all()\ndb.create_all()\nseed()", "    db.create_all()", False),
        # planning does not see the words of a sentence: they must not become a row
        (
            "",
            "db.create_all()\nu = User()\nu.title = 'The first one!'\ndb.session.add(u)",
            "    db.create_all()",
            False,
        ),
    ],
)
def test_rows_beside_the_tables_go_in_once_unless_the_code_looks_first(
    seed: str, block: str, kept: str, once: bool
) -> None:
    body = "".join(f"        {line}\n" for line in block.splitlines())
    app = f"{ROWS}{seed}{GUARD}    with app.app_context():\n{body}    app.run()\n"
    (program,) = release(planned({**REQUIREMENTS, "app.py": app}))
    assert program.endswith(f"with app.app_context():\n{kept}")
    assert (f"with app.app_context(): {EMPTY_BY_ENGINE}" in program) == once
    compile(program, "release", "exec")


def test_rows_after_the_tables_go_in_once_too() -> None:
    app = f"{ROWS}{SEED}{GUARD}    app.app_context().push()\n    db.create_all()\n    seed()\n    app.run()\n"
    (program,) = release(planned({**REQUIREMENTS, "app.py": app}))
    assert program.splitlines()[1] == "app.app_context().push()"
    assert program.endswith("db.create_all()\nif without_tables:\n    seed()")


TWO_INSERTS = "CREATE TABLE IF NOT EXISTS a (n); INSERT OR IGNORE INTO a VALUES (1); INSERT INTO a VALUES (2)"
INSERT = "    c.execute('INSERT INTO notes VALUES (1)')\n"
TABLE = "    c.execute('CREATE TABLE IF NOT EXISTS notes (id INTEGER)')\n"


@pytest.mark.parametrize(
    ("body", "once"),
    [
        (f"{TABLE}{INSERT}", True),
        (f"{TABLE}{INSERT.replace('INSERT', 'INSERT OR IGNORE')}", False),
        (f"{TABLE}    if not c.execute('SELECT 1').fetchone():\n    {INSERT}", False),
        (f"{TABLE}    n = c.execute('SELECT 1').fetchone()\n    if n is None:\n    {INSERT}", False),
        (f"{TABLE}    try:\n    {INSERT}    except sqlite3.IntegrityError:\n        pass\n", False),
        (f"{TABLE}    try:\n    {INSERT}    except Exception:\n        pass\n", True),
        (f"{TABLE}    try:\n        c.commit()\n    finally:\n    {INSERT}", True),
        (f"{TABLE}    if app.debug:\n    {INSERT}", True),
        (f"{TABLE}    if app.config.get('ROWS'):\n    {INSERT}", True),
        (f"{TABLE}    if c.execute('SELECT 1').fetchone():\n    {INSERT}", True),
        (f"{TABLE}    if c.execute('SELECT 1').fetchone():\n        return\n{INSERT}", False),
        (f"    c.executescript('{TWO_INSERTS}')\n", True),
        (TABLE.replace("IF NOT EXISTS ", ""), True),
        (f"    c.executescript(open('schema.sql').read())\n{INSERT}", True),
    ],
)
def test_a_function_that_would_fail_or_add_rows_again_runs_where_no_tables_are(body: str, once: bool) -> None:
    files = {"schema.sql": "DROP TABLE IF EXISTS notes;\nCREATE TABLE notes (id INTEGER);\n"}
    plan = planned({**files, "app.py": f"{SQL}{body}{GUARD}    init_db()\n    app.run()\n"})
    (program,) = release(plan)
    assert (EMPTY_BY_FILE in program) == once
    assert program.endswith("if without_tables:\n    init_db()" if once else "\ninit_db()")


DROPS_FIRST = "c.executescript('DROP TABLE IF EXISTS notes; CREATE TABLE notes (id INTEGER)')\n"


@pytest.mark.parametrize(
    ("body", "start"),
    [
        (f"    {DROPS_FIRST}", "    init_db()\n"),
        (f"    try:\n        {DROPS_FIRST}    except sqlite3.Error:\n        pass\n", "    init_db()\n"),
        (f"    {DROPS_FIRST}", "    if app.debug:\n        init_db()\n"),
        (f"    {DROPS_FIRST}", "    if os.environ.get('RESET'):\n        init_db()\n"),
        (f"    {DROPS_FIRST}", "    if os.path.exists('a.db'):\n        init_db()\n"),
        (f"    {DROPS_FIRST}", "    if not os.path.exists('made.txt'):\n        init_db()\n"),
        (f"    if os.path.exists('made.txt'):\n        return\n    {DROPS_FIRST}", "    init_db()\n"),
    ],
)
def test_what_drops_tables_never_runs_where_there_are_some(body: str, start: str) -> None:
    plan = planned({"app.py": f"import os\n{SQL}{body}{GUARD}{start}    app.run()\n"})
    (program,) = release(plan)
    assert EMPTY_BY_FILE in program
    before, _, behind = program.partition("if without_tables:\n")
    assert "init_db()" not in before and "    init_db()" in behind
    by_hand = SQL + body
    (program,) = release(planned({"app.py": "import os\n" + by_hand}))
    assert program.endswith("if without_tables:\n    init_db()")


@pytest.mark.parametrize("name", ["../schema.sql", "other.sql", "rows.sql"])
def test_a_script_of_sql_counts_when_it_is_the_project_s_and_makes_tables(name: str) -> None:
    files = {"schema.sql": "CREATE TABLE notes (id INTEGER);\n", "rows.sql": "SELECT 1;"}
    start = (
        "    with sqlite3.connect('a.db') as c, open('NAME') as file:\n        c.executescript(file.read())\n"
    )
    app = f"{SQL}    pass\n{GUARD}{start}    app.run()\n"
    (program,) = release(planned({**files, "app.py": app.replace("NAME", "schema.sql")}))
    assert EMPTY_BY_FILE in program
    assert program.endswith("c.executescript(file.read())")
    assert release(planned({**files, "app.py": app.replace("NAME", name)})) == []


BY_A_PERSON = (
    "import sqlite3\nfrom flask import Flask, current_app\napp = Flask(__name__)\n"
    "def get_db():\n    return sqlite3.connect('a.db')\n"
    "def init_db():\n    with app.app_context(), app.open_resource('schema.sql') as file:\n"
    "        get_db().executescript(file.read().decode())\n"
)
SCHEMA = {"schema.sql": "drop table if exists notes;\ncreate table notes (id integer);\n"}


def test_a_function_of_a_telling_name_that_only_people_call_runs_once() -> None:
    (program,) = release(planned({**SCHEMA, "app.py": BY_A_PERSON}))
    assert program == (
        f"from app import init_db\nimport sqlite3\n{EMPTY_BY_FILE}\nif without_tables:\n    init_db()"
    )


@pytest.mark.parametrize(
    "source",
    [
        BY_A_PERSON.replace("init_db", "restart"),
        BY_A_PERSON.replace("init_db()", "init_db(where)"),
        BY_A_PERSON.replace("app.app_context(), app.", "current_app."),
        f"{BY_A_PERSON}import click\n@app.cli.command('init-db')\ndef init():\n    click.echo(init_db)\n",
        BY_A_PERSON.replace("schema.sql", "other.sql"),
        BY_A_PERSON + "init_db()\n",
        BY_A_PERSON + "def prepared():\n    init_db()\nprepared()\n",
    ],
)
def test_a_function_that_does_not_stand_alone_or_has_a_command_is_left_alone(source: str) -> None:
    assert release(planned({**SCHEMA, "app.py": source})) == []


def test_a_function_of_which_nobody_can_see_whether_it_was_run_is_offered() -> None:
    source = BY_A_PERSON.replace("sqlite3.connect('a.db')", "somewhere()")
    plan = planned({**SCHEMA, "app.py": source})
    assert release(plan) == []
    assert [one.name for one in plan.setup_commands] == ["init-db"]
    assert plan.setup_commands[0].argv[-1] == "from app import init_db\ninit_db()"
    assert planned({**SCHEMA, "app.py": BY_A_PERSON}).setup_commands == ()


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
    forgotten = {"requirements.txt": "flask\n"}  # which the build adds
    assert release(planned({**forgotten, "app.py": ALCHEMY})) == [BY_HAND]
    reset = {"tools/reset.py": "from app import db\ndef reset():\n    db.drop_all()\n    db.create_all()\n"}
    assert release(planned({**REQUIREMENTS, "app.py": ALCHEMY, **reset})) == []
    tested = "from app import db\ndef test_rows():\n    db.create_all()\n"
    for path in ("tests/rows.py", "shop/tests/conftest.py", "test_rows.py", "conftest.py"):
        assert release(planned({**REQUIREMENTS, "app.py": ALCHEMY, path: tested})) == [BY_HAND]
    assert release(planned({**REQUIREMENTS, "app.py": ALCHEMY, "latest.py": tested})) == []
    wrapped = ALCHEMY.replace("app = Flask(__name__)", "app = ProxyFix(Flask(__name__))")
    wrapped = "from werkzeug.middleware.proxy_fix import ProxyFix\n" + wrapped
    assert release(planned({**REQUIREMENTS, "app.py": wrapped})) == []


def test_tables_of_a_folder_without_an_init_file_are_imported_as_the_app_does() -> None:
    """app/models/db.py, which app/__init__.py imports from .models.db: there is no module called db."""
    made = "from flask import Flask\nfrom .models.db import db\napp = Flask(__name__)\ndb.init_app(app)\n"
    store = "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n"
    (program,) = release(planned({**REQUIREMENTS, "app/__init__.py": made, "app/models/db.py": store}))
    assert "from app.models.db import db\n" in program
    inside = {"backend/app.py": made.replace(".models", "models"), "backend/models/db.py": store}
    (program,) = release(planned({**REQUIREMENTS, **inside}))
    assert "from models.db import db\n" in program


STARRED = {
    "models.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n",
    "app.py": "from flask import Flask\nfrom models import *\napp = Flask(__name__)\ndb.init_app(app)\n"
    f"{GUARD}    with app.app_context():\n        db.create_all()\n    app.run()\n",
}


def test_a_name_that_a_star_import_brings_is_taken_from_the_module_that_has_it() -> None:
    (program,) = release(planned({**REQUIREMENTS, **STARRED}))
    assert program == "from app import app, db\nwith app.app_context():\n    db.create_all()"


def test_a_program_with_a_name_that_is_nowhere_is_not_run() -> None:
    nowhere = {**STARRED, "app.py": STARRED["app.py"].replace("db.create_all()", "store.create_all()")}
    assert release(planned({**REQUIREMENTS, **nowhere})) == []


FLASKR = {
    "shop/__init__.py": "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n"
    "    from . import db\n    db.init_app(app)\n    return app\n",
    "shop/db.py": "import sqlite3, click\nfrom flask import current_app, g\n"
    "def get_db():\n    if 'db' not in g:\n        g.db = sqlite3.connect(current_app.config['DATABASE'])\n"
    "    return g.db\n"
    "def init_db():\n    with current_app.open_resource('schema.sql') as f:\n"
    "        get_db().executescript(f.read().decode('utf8'))\n"
    "@click.command('init-db')\ndef init_db_command():\n    init_db()\n"
    "def init_app(app):\n    app.cli.add_command(init_db_command)\n",
    "shop/schema.sql": "DROP TABLE IF EXISTS post;\nCREATE TABLE post (id INTEGER);\n",
}


def test_the_tables_that_a_command_of_flask_makes_are_made_where_there_are_none() -> None:
    """https://flask.palletsprojects.com/en/stable/tutorial/database/"""
    plan = planned(FLASKR)
    (program,) = release(plan)
    assert program.splitlines() == [
        "import os, flask.cli",
        "with flask.cli.ScriptInfo(os.environ['FLASK_APP']).load_app().app_context():",
        "    import sqlite3",
        "    from shop.db import current_app",
        f"    {EMPTY_BY_FILE}".replace("'a.db'", "current_app.config['DATABASE']"),
        "    if without_tables:",
        "        from shop.db import init_db",
        "        init_db()",
    ]
    assert decision(plan, "processes.release.argv").summary == "release: python -c … init_db()"
    assert ways(plan, Path()) == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    init_db()\n", "    print('not yet')\n"),
        ("DROP TABLE IF EXISTS post", "DELETE FROM post"),
        ("sqlite3.connect(current_app.config['DATABASE'])", "connected()"),
    ],
)
def test_what_no_command_calls_drops_rows_or_shows_no_database_is_only_offered(old: str, new: str) -> None:
    plan = planned({path: text.replace(old, new) for path, text in FLASKR.items()})
    assert release(plan) == []
    assert [one.name for one in plan.setup_commands] == ["init-db"]
