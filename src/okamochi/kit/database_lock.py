"""One migration at a time: a lock that the database itself holds for as long as a connection lives.

PostgreSQL: an advisory lock of the session; MySQL and MariaDB: GET_LOCK; SQLite: a lock on a file beside the
database. A pooler that shares connections between transactions (PgBouncer) loses such locks: give the
direct address as MIGRATION_DATABASE_URL.
"""

# pathlib would double the time of the imports:
# ruff: noqa: PTH103, PTH120, PTH123

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from typing import Any

POSTGRES_KEY = 0x6F6B616D6F636869  # "okamochi": PostgreSQL's keys are 64 bits wide, and of one database
PAUSE_SECONDS = 0.5
SERVERS = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}
SYNCHRONOUS = {"asyncpg": ("psycopg", "psycopg2"), "asyncmy": ("pymysql",), "aiomysql": ("pymysql",)}


class LockError(Exception):
    """Somebody else holds the lock for too long, or it cannot be had."""


class Database:
    """A connection by SQLAlchemy, in autocommit. `server` is "postgresql", "mysql", "sqlite" or another."""

    def __init__(self, url: str) -> None:
        from sqlalchemy.engine import make_url

        self.url = make_url(usable(url))
        self.server = SERVERS.get(self.url.get_backend_name(), self.url.get_backend_name())
        self.file = self.url.database or "" if self.server == "sqlite" else ""
        self._loop: Any = None
        self._connect()

    def _connect(self) -> None:
        from sqlalchemy.pool import NullPool

        flags: dict[str, Any] = {"poolclass": NullPool, "isolation_level": "AUTOCOMMIT"}
        if self.url.get_dialect().is_async:
            import asyncio

            from sqlalchemy.ext.asyncio import create_async_engine

            self._loop = asyncio.new_event_loop()
            connection = create_async_engine(self.url, **flags).connect()
            self._held: Any = self._loop.run_until_complete(connection.__aenter__())
        else:
            from sqlalchemy import create_engine

            self._held = create_engine(self.url, **flags).connect()

    def ask(self, question: Callable[[Any], Any]) -> Any:
        """What the function answers, given SQLAlchemy's connection."""
        if self._loop is None:
            return question(self._held)
        return self._loop.run_until_complete(self._held.run_sync(question))

    def scalar(self, text: str) -> Any:
        from sqlalchemy import text as statement

        return self.ask(lambda connection: connection.execute(statement(text)).scalar())

    def close(self) -> None:
        if self._loop is None:
            self._held.close()
            return
        self._loop.run_until_complete(self._held.close())
        self._loop.close()


class DjangoDatabase:
    """The connection that Django itself has."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.server = SERVERS.get(connection.vendor, connection.vendor)
        self.file = str(connection.settings_dict.get("NAME") or "") if self.server == "sqlite" else ""

    def scalar(self, text: str) -> Any:
        with self.connection.cursor() as cursor:
            cursor.execute(text)
            row = cursor.fetchone()
        return row[0] if row else None

    def close(self) -> None:
        self.connection.close()


def usable(url: str) -> str:
    """With a driver that is there: "postgres://" is an old spelling, and the plain scheme means psycopg2."""
    scheme, mark, rest = url.partition("://")
    server, _, driver = scheme.partition("+")
    server = "postgresql" if server == "postgres" else server
    if server == "postgresql" and not driver and not is_there("psycopg2"):
        driver = next((name for name in ("psycopg", "pg8000", "asyncpg") if is_there(name)), "")
    elif server in ("mysql", "mariadb") and not driver and not is_there("MySQLdb"):
        driver = "pymysql" if is_there("pymysql") else ""
    driver = next((name for name in SYNCHRONOUS.get(driver, ()) if is_there(name)), driver)
    return f"{server}+{driver}{mark}{rest}" if driver else f"{server}{mark}{rest}"


def is_there(module: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(module) is not None


class Lock:
    """Held from `with` to its end. `waited` says whether somebody else had it first."""

    def __init__(self, database: Any, seconds: float, say: Callable[[str], None]) -> None:
        self.database = database
        self.seconds = seconds
        self.say = say
        self.waited = False
        self._file: Any = None

    def __enter__(self) -> Lock:
        ends = time.monotonic() + self.seconds
        while not self._taken():
            if not self.waited:
                self.say("another process migrates this database: waiting for it")
            self.waited = True
            if time.monotonic() > ends:
                raise LockError(f"another process has migrated this database for {self.seconds:g} s")
            time.sleep(PAUSE_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        """The lock goes with the connection, or with the open file."""
        if self._file is not None:
            self._file.close()
        self.database.close()

    def _taken(self) -> bool:
        server = self.database.server
        if server == "postgresql":
            return bool(self.database.scalar(f"SELECT pg_try_advisory_lock({POSTGRES_KEY})"))
        if server == "mysql":  # its locks are the whole server's
            answer = self.database.scalar("SELECT GET_LOCK(SHA1(CONCAT('okamochi:', DATABASE())), 0)")
            return bool(answer == 1)
        if server == "sqlite":
            return self._file_taken()
        self.say(f"{server} offers no lock that is known here: nothing else may migrate it now")
        return True

    def _file_taken(self) -> bool:
        import fcntl

        path = re.sub(r"[?].*", "", self.database.file.removeprefix("file:") if self.database.file else "")
        if path in ("", ":memory:"):
            return True
        path = os.path.realpath(path)  # a file between the code is a link into a volume
        if self._file is None:
            try:
                os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
                self._file = open(path + ".migration-lock", "a", encoding="utf-8")  # noqa: SIM115
            except OSError as error:
                raise LockError(f"{path}.migration-lock: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
