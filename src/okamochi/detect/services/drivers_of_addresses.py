"""What addresses in the code need and no import shows: SQLAlchemy itself loads the driver of mysql+pymysql://,
Celery the client of redis://.
"""

import ast
from collections.abc import Iterable, Iterator

from okamochi.detect.base import Detected
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import line_of, regex
from okamochi.system.words import word_set

__all__ = ["drivers_of_addresses"]

ADDRESS = regex(r"(?P<kind>mysql|mariadb|postgresql|sqlite|rediss?)(?:\+(?P<driver>\w+))?://")
HUEY = regex(r"\b(?:Priority)?Redis(?:Expire)?Huey\b")
OF_SQLALCHEMY = frozenset(["sqlalchemy", "flask_sqlalchemy", "flask_sqlalchemy_lite", "sqlmodel"])
# https://docs.sqlalchemy.org/en/21/dialects/; for one that names no driver, that of a current SQLAlchemy
DRIVERS = {
    "aiomysql": "aiomysql",
    "aiosqlite": "aiosqlite",
    "asyncmy": "asyncmy",
    "asyncpg": "asyncpg",
    "mysqlconnector": "mysql-connector-python",
    "mysqldb": "mysqlclient",
    "pg8000": "pg8000",
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "pymysql": "pymysql",
    "mysql": "mysqlclient",
    "mariadb": "mysqlclient",
    "postgresql": "psycopg[binary]",
}
# take an address of Redis, and have its client as an extra alone
OF_REDIS = word_set(
    "celery kombu dramatiq huey flask_caching cachelib flask_session flask_limiter limits flask_socketio "
    "socketio"
)


def drivers_of_addresses(sources: Sources, imported: Iterable[str]) -> tuple[Detected[str], ...]:
    """Requirements, each with the first address that needs it. `imported` are top-level modules."""
    names = frozenset(imported)
    if names.isdisjoint(OF_SQLALCHEMY | OF_REDIS):
        return ()
    found: dict[str, Detected[str]] = {}
    if "huey" in names:
        found |= {one.value: one for one in _of_huey(sources)}
    for path in sources.paths:
        if "://" not in sources.text(path):
            continue
        for node in sources.module(path).of(ast.Constant):
            match = ADDRESS.match(node.value) if isinstance(node.value, str) else None
            if match is None:
                continue
            needed = needed_by(match["kind"], match["driver"] or "", names)
            if needed:
                place = Evidence(path=path, line=node.lineno, reason=f"has an address that needs {needed}")
                found.setdefault(needed, Detected(needed, (place,)))
    return tuple(found[name] for name in sorted(found))


def _of_huey(sources: Sources) -> Iterator[Detected[str]]:
    """Its queue in Redis has the client as an extra, and the address of this machine by itself."""
    for path in sources.paths:
        found = HUEY.search(sources.text(path))
        if found is not None:
            yield Detected(
                "redis", (Evidence(path=path, line=line_of(found), reason=f"{found[0]} needs redis"),)
            )
            return


def needed_by(kind: str, driver: str, names: frozenset[str]) -> str:
    if kind.startswith("redis"):
        return "redis" if names & OF_REDIS else ""
    return DRIVERS.get(driver or kind, "") if names & OF_SQLALCHEMY else ""
