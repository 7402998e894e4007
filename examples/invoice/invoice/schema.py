"""The database's schema: is it current, and bringing a SQLite file up to date at start.

A SQLite file belongs to one machine, so the first process that starts may migrate it, under a lock that the
other workers wait for. A database server is shared: there, migrating is a step of the release
(`flask db upgrade`) and /readyz says "pending" until it was done.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import upgrade
from sqlalchemy import Engine, event

from invoice.extensions import db

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
BUSY_TIMEOUT_MILLISECONDS = 5000
POOL_SECONDS = 10
CONNECT_SECONDS = 5
LOST_SECONDS = 10


def engine_options(url: str | None, statement_seconds: int) -> dict[str, object]:
    """On PostgreSQL no request waits without end: for a connection, for an answer, for a lost server. A
    statement's limit stays below the server's graceful stop, so that a stop never cuts one off."""
    if not url or not url.startswith("postgresql"):
        return {}
    return {
        "pool_pre_ping": True,
        "pool_timeout": POOL_SECONDS,
        "connect_args": {
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c statement_timeout={statement_seconds * 1000}",
            "tcp_user_timeout": LOST_SECONDS * 1000,
        },
    }


def expected_heads() -> frozenset[str]:
    """Revisions that this code was written for."""
    return frozenset(ScriptDirectory(str(MIGRATIONS)).get_heads())


def is_current() -> bool:
    """Whether the database is at this code's revisions; SQLAlchemyError when it cannot be reached."""
    with db.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
    return frozenset(found) == current_app.extensions["expected_heads"]


def upgrade_at_first_start(app: Flask) -> None:
    """Migrate the app's own SQLite file if it is behind; do nothing for a database server."""
    if not app.config["AUTO_MIGRATE"]:
        return
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            return
        with _lock(Path(app.config["DATA_DIR"]) / ".migration.lock"):
            if not is_current():
                upgrade(directory=str(MIGRATIONS))
                app.logger.info("database migrated to %s", ", ".join(sorted(expected_heads())))


def configure_sqlite(engine: Engine) -> None:
    """Foreign keys on, readers beside a writer, a second writer waits instead of failing."""

    @event.listens_for(engine, "connect")
    def set_pragmas(connection, _record) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}")
        cursor.close()


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
