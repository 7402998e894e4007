"""The messages, in one SQLite table."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NEWEST = 50
BUSY_TIMEOUT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Message:
    name: str
    text: str
    written_at: str


def create_table(database: Path) -> None:
    """Safe when several workers start at once, and on a table that exists."""
    with _connected(database) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS message ("
            " id INTEGER PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL,"
            " written_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)"
        )


def add(database: Path, *, name: str, text: str) -> None:
    with _connected(database) as connection:
        connection.execute("INSERT INTO message (name, text) VALUES (?, ?)", (name, text))


def newest(database: Path) -> tuple[Message, ...]:
    """The newest first."""
    with _connected(database) as connection:
        rows = connection.execute(
            "SELECT name, text, written_at FROM message ORDER BY id DESC LIMIT ?", (NEWEST,)
        ).fetchall()
    return tuple(Message(*row) for row in rows)


@contextmanager
def _connected(database: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(database, timeout=BUSY_TIMEOUT_SECONDS)
    try:
        with connection:
            yield connection
    finally:
        connection.close()
