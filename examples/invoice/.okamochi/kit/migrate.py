"""Runs a command that migrates a database: once, under a lock, and only when something is to be done.

python -I migrate.py [--check] -- flask db upgrade | alembic upgrade head | python manage.py migrate

However many start at once, one of them migrates; the others wait, look again and have nothing to do.
MIGRATION_DATABASE_URL: a direct address for the migration alone, where the app's own leads to a pooler; it
takes the place of DATABASE_URL and its like. OKAMOCHI_MIGRATION_LOCK_SECONDS: how long to wait (600).
--check changes nothing: exit code 0 at the head, 3 when the schema is behind, 4 when that cannot be told.
--check --answer FILE writes the code there, and what it means; its own is 0.
"""

# pathlib would double the time of the imports:
# ruff: noqa: PTH100, PTH105, PTH109, PTH118, PTH119, PTH120, PTH123

from __future__ import annotations

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import MutableMapping, Sequence
from typing import Any

BEHIND, UNKNOWN = 3, 4
DIRECT = "MIGRATION_DATABASE_URL"
NAME = re.compile(
    r"(?!(TEST|TESTING|DEV|DEVELOPMENT|STAGING|CI|MIGRATION)_)(\w+_)?(DATABASE|DB|POSTGRES\w*|MYSQL)_?(URL|URI)"
)
HOST = re.compile(r"[a-z0-9+]+://(?:[^@/]*@)?([A-Za-z0-9._-]+)[:/?]?")
NAME_SECONDS = 15.0  # engines tell a name a moment after its container started, or while it starts again
ADDRESS = re.compile(r"(postgres|postgresql|mysql|mariadb|sqlite)(\+\w+)?://\S*")


def sibling(name: str) -> Any:
    """A module of the kit, without putting the kit's folder on the app's import path."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
    spec = importlib.util.spec_from_file_location("okamochi_kit_" + name, path)
    if spec is None or spec.loader is None:
        sys.exit(f"okamochi: the kit lacks {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lock = sibling("database_lock")
schema = sibling("schema_state")


def say(text: str) -> None:
    print(f"okamochi: {text}", file=sys.stderr, flush=True)


def address(environ: MutableMapping[str, str]) -> str:
    """The one address that the variables name; "" when there is none, or when there are several."""
    found = {environ[name] for name in names_of_addresses(environ)}
    return found.pop() if len(found) == 1 else ""


def names_of_addresses(environ: MutableMapping[str, str]) -> list[str]:
    return sorted(
        name for name, value in environ.items() if NAME.fullmatch(name) and ADDRESS.fullmatch(value.strip())
    )


def take_direct_address(environ: MutableMapping[str, str]) -> None:
    direct = environ.get(DIRECT, "").strip()
    if not direct:
        return
    names = names_of_addresses(environ) or ["DATABASE_URL"]
    environ.update(dict.fromkeys(names, direct))
    say(f"{', '.join(names)} is what {DIRECT} says")


def alembic_project(words: Sequence[str]) -> Any:
    """What `flask db upgrade` or `alembic upgrade head` works on; None for other commands, and for one that
    names another revision than the head."""
    program, rest = os.path.basename(words[0]), [word for word in words[1:] if word != "--"]
    flask = program == "flask" and rest[:2] == ["db", "upgrade"]
    if not flask and not (program == "alembic" and "upgrade" in rest):
        return None
    options = {"flask": ("-d", "--directory"), "alembic": ("-c", "--config")}[program]
    named, left = "", []
    words_left = iter(rest)
    for word in words_left:
        if word in options:
            named = next(words_left, "")
        elif word not in ("db", "upgrade", "head", "heads"):
            left.append(word)
    if left:
        return None
    if flask:
        folder = named or "migrations"
        return schema.AlembicProject(os.path.join(folder, "alembic.ini"), folder, flask=True)
    return schema.AlembicProject(named or "alembic.ini", "", flask=False)


def is_django(words: Sequence[str]) -> bool:
    names = [os.path.basename(word) for word in words]
    plain = all(word.startswith("--no") or word in ("-v", "0", "1", "2") for word in words[3:])
    return len(names) > 2 and names[1:3] == ["manage.py", "migrate"] and plain


class Migration:
    """One command on one database; nothing is known of other commands, and they are run as they stand."""

    def __init__(self, words: Sequence[str], environ: MutableMapping[str, str]) -> None:
        self.words = list(words)
        self.url = address(environ)
        self.project = alembic_project(words)
        self.django = is_django(words)
        self.connection: Any = None

    def state(self) -> Any:
        """None when it cannot be told."""
        if self.django:
            self.connection = self.connection or schema.django_connection()
            return schema.django_state(self.connection)
        if self.project is None:
            return None
        return self.quick_state() or self.full_state()

    def quick_state(self) -> Any:
        if not self.url:
            return None
        try:
            database = lock.Database(self.url)
            try:
                return self.project.quick_state(database)
            finally:
                database.close()
        except Exception:
            return None  # the app may know better: another driver, certificates, parts of the address

    def full_state(self) -> Any:
        found = self.project.full_state()
        self.url = found.url or self.url
        return found

    def database(self) -> Any:
        """None when there is nothing to hold a lock in."""
        if self.django:
            return lock.DjangoDatabase(self.connection) if self.connection is not None else None
        try:
            return lock.Database(self.url) if self.url else None
        except ImportError:
            return None

    def run(self) -> int:
        """The command's own exit code."""
        try:
            child = subprocess.Popen(self.words)
        except OSError as error:
            say(f"cannot run {self.words[0]}: {error.strerror}")
            return 127 if isinstance(error, FileNotFoundError) else 126
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda got, _: child.send_signal(got))
        code = child.wait()
        return code if code >= 0 else 128 - code


def looked_at(migration: Migration) -> Any:
    """None when it cannot be told."""
    try:
        return migration.state()
    except Exception as error:  # whatever is wrong, the command itself says it better
        say(f"whether the schema is at its head cannot be told: {type(error).__name__}: {error}")
        return None


def await_name(url: str, seconds: float) -> None:
    """Until the database's name is known. Whatever else is wrong with it, the command itself says better."""
    found = HOST.match(url.strip())
    if found is None or url.startswith("sqlite"):
        return
    ends, waited = time.monotonic() + seconds, False
    while time.monotonic() < ends:
        try:
            socket.getaddrinfo(found[1], None)
            return
        except OSError:
            if not waited:
                say(f"waiting for the name {found[1]}, which is not known yet")
            waited = True
            time.sleep(0.5)


def migrate(migration: Migration, seconds: float) -> int:
    await_name(migration.url, NAME_SECONDS)
    state = looked_at(migration)
    if state is not None and not state.behind:
        say(f"nothing to migrate: the schema is at {state.head}")
        return 0
    try:
        database = migration.database()
    except Exception as error:
        say(f"the database cannot be asked for a lock: {error}")
        return migration.run()
    if database is None:
        say("no lock: the database's address is not known here")
        return migration.run()
    try:
        with lock.Lock(database, seconds, say) as held:
            state = looked_at(migration) if held.waited else state
            if state is not None and not state.behind:
                say("nothing left to migrate: another process did it")
                return 0
            return migration.run()
    except lock.LockError as error:
        say(f"{error}; nothing was changed")
        return 1


def checked(migration: Migration) -> tuple[int, str]:
    try:
        state = migration.state()
    except Exception as error:
        return UNKNOWN, f"the schema cannot be asked: {type(error).__name__}: {error}"
    if state is None:
        return UNKNOWN, "the schema cannot be asked: its migrations are of an unknown kind"
    if state.foreign:
        return UNKNOWN, f"the schema is at {state.foreign}, which this code does not know"
    return (BEHIND, state.behind) if state.behind else (0, f"the schema is at {state.head}")


def answer(code: int, text: str, place: str) -> None:
    """Into the file at once and whole, for the health check."""
    line = " ".join(text.split())
    if not place:
        print(line)
        return
    with open(place + ".new", "w", encoding="utf-8") as stream:
        stream.write(f"{code} {line}\n")
    os.replace(place + ".new", place)


def main(arguments: Sequence[str], environ: MutableMapping[str, str]) -> int:
    flags, words = list(arguments), []
    if "--" in flags:
        flags, words = flags[: flags.index("--")], flags[flags.index("--") + 1 :]
    place = flags.pop() if flags[:2] == ["--check", "--answer"] and len(flags) == 3 else ""
    if not words or flags not in ([], ["--check"], ["--check", "--answer"]):
        say("usage: migrate.py [--check [--answer FILE]] -- COMMAND [ARGUMENT]...")
        return 2
    sys.path[:0] = [os.getcwd(), *filter(None, environ.get("PYTHONPATH", "").split(":"))]
    take_direct_address(environ)
    migration = Migration(words, environ)
    if flags:
        code, said = checked(migration)
        answer(code, said, place)
        # whoever asked beside the app may be gone: then gunicorn, as process 1, is this one's parent, and
        # takes 3 and 4 for the end of a worker that could not load the app
        return 0 if place else code
    text = environ.get("OKAMOCHI_MIGRATION_LOCK_SECONDS", "") or "600"
    if not text.isdigit():
        say(f"OKAMOCHI_MIGRATION_LOCK_SECONDS={text} is no whole number")
        return 2
    return migrate(migration, float(text))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
