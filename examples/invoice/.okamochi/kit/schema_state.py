"""Is a database's schema where the code wants it? Asked of Alembic, Flask-Migrate or Django themselves."""

# pathlib would double the time of the imports:
# ruff: noqa: PTH118, PTH123

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

OWN_TABLE = re.compile(r"version_table|get_bind_names|SQLALCHEMY_BINDS")
"""What an env.py holds that keeps its revisions elsewhere, or in several databases."""


class State:
    """`behind` says in words what is missing, "" at the head; `url` is the database's address, when known.
    `foreign` are revisions of the database that the code has not: newer code was here."""

    def __init__(self, behind: str, head: str, url: str = "", foreign: str = "") -> None:
        self.behind = behind
        self.head = head
        self.url = url
        self.foreign = foreign


def compared(current: Sequence[str], script: Any, url: str = "") -> State:
    heads = script.get_heads()
    wanted, found = ", ".join(sorted(heads)) or "nothing", ", ".join(sorted(current)) or "nothing"
    if set(current) == set(heads):
        return State("", wanted, url)
    known = {one.revision for one in script.walk_revisions()}
    foreign = ", ".join(sorted(set(current) - known))
    return State(f"the schema is at {found}, not at {wanted}", wanted, url, foreign)


class AlembicProject:
    """`flask` says that Flask-Migrate begins: its directory holds the configuration and the scripts."""

    def __init__(self, ini: str, directory: str, *, flask: bool) -> None:
        self.ini = ini
        self.directory = directory
        self.flask = flask

    def quick_state(self, database: Any) -> State | None:
        """Without the app: the scripts' heads, and Alembic's own table. None when the app says otherwise."""
        if not self._usual_table():
            return None
        from alembic.migration import MigrationContext
        from alembic.script import ScriptDirectory

        script = ScriptDirectory.from_config(self._config())
        current = database.ask(lambda one: MigrationContext.configure(one).get_current_heads())
        return compared(current, script)

    def _usual_table(self) -> bool:
        script = os.path.join(self._folder(), "env.py")
        try:
            with open(script, encoding="utf-8") as stream:
                return OWN_TABLE.search(stream.read()) is None
        except OSError:
            return False

    def _folder(self) -> str:
        location = self._config().get_main_option("script_location") or ""
        return location if ":" not in location else ""

    def _config(self) -> Any:
        from alembic.config import Config

        config = Config(self.ini)
        if self.flask:
            config.set_main_option("script_location", self.directory)
        return config

    def full_state(self) -> State:
        """By the project's own env.py, in a process that ends then: it loads the whole app."""
        return State(**in_a_child(self._by_env))

    def _by_env(self) -> dict[str, str]:
        if not self.flask:
            return self._seen(self._config())
        from flask.cli import ScriptInfo, load_dotenv

        load_dotenv()  # as the flask program does: .flaskenv
        app = ScriptInfo(os.environ.get("FLASK_APP")).load_app()  # which the program takes, not this class
        with app.app_context():
            registered = app.extensions["migrate"]
            return self._seen(registered.migrate.get_config(registered.directory))

    def _seen(self, config: Any) -> dict[str, str]:
        from alembic.runtime.environment import EnvironmentContext
        from alembic.script import ScriptDirectory

        script = ScriptDirectory.from_config(config)
        found: list[State] = []

        def look(current: Sequence[str], context: Any) -> list[Any]:
            found.append(compared(current, script, address_of(context.connection.engine.url)))
            return []

        with EnvironmentContext(config, script, fn=look, dont_mutate=True):
            script.run_env()
        chosen = next((one for one in found if one.behind), found[0])
        return vars(chosen)


def address_of(url: Any) -> str:
    """With its password, which str() shows before SQLAlchemy 1.4 and hides since 2.0."""
    whole = getattr(url, "render_as_string", None)
    return str(whole(hide_password=False) if whole is not None else url)


def django_connection() -> Any:
    import django
    from django.db import connection

    django.setup()
    return connection


def django_state(connection: Any) -> State:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    steps = executor.migration_plan(executor.loader.graph.leaf_nodes())
    missing = [f"{migration.app_label}.{migration.name}" for migration, _ in steps]
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    return State(
        f"the schema lacks {', '.join(missing[:3])}{more}" if missing else "", "the last of its migrations"
    )


def in_a_child(function: Callable[[], dict[str, str]]) -> dict[str, str]:
    """What the function answers in a fork of this process; RuntimeError with what was printed when it
    fails. Files, no pipes: what the app starts and leaves behind keeps its end of a pipe open."""
    import tempfile

    with tempfile.TemporaryFile() as answered, tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
                os.write(answered.fileno(), json.dumps(function()).encode())
                code = 0
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            finally:
                os._exit(code)
        os.waitpid(child, 0)
        answer, printed = whole(answered), whole(said).decode("utf-8", "replace")
    if not answer:
        raise RuntimeError((printed.strip().splitlines() or ["it ended without a word"])[-1])
    found: dict[str, str] = json.loads(answer)
    return found


def whole(stream: Any) -> bytes:
    stream.seek(0)
    content: bytes = stream.read()
    return content
