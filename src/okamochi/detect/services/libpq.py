"""Clients of PostgreSQL whose call does not say where the server is: libpq's own variables do.

    psycopg2.connect("dbname=shop user=me")    PGHOST, PGPORT, PGPASSWORD

https://www.postgresql.org/docs/current/libpq-envars.html; asyncpg reads the same ones.
"""

import ast
from collections.abc import Mapping

import msgspec

from okamochi.model.backing_service import ServiceVariable
from okamochi.system.patterns import regex

__all__ = ["PAIR", "Unsaid", "unsaid_by", "variables_for"]

MODULES = frozenset(["psycopg", "psycopg2", "aiopg", "asyncpg"])
PAIR = regex(r"(\w+)\s*=\s*(?:'([^']*)'|(\S*))\s*")
NAME = regex(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
LONGEST = 500
USUAL_PORT = ("5432", "")


class Unsaid(msgspec.Struct, frozen=True):
    """What the call does say: names of a user and a database, "" for none."""

    user: str = ""
    database: str = ""


def unsaid_by(call: ast.Call, module: str) -> Unsaid | None:
    """None for a call that says where, or with which password, or in a way that only its running tells."""
    if module not in MODULES or len(call.args) > 1:
        return None
    said: dict[str, str] = {}
    if call.args:
        text = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
        if not isinstance(text, str) or len(text) > LONGEST or PAIR.sub("", text).strip():
            return None
        said |= {found[1]: found[2] or found[3] for found in PAIR.finditer(text)}
    for keyword in call.keywords:
        value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if keyword.arg in ("user", "database", "dbname", "port", "host", "password"):
            if not isinstance(value, str | int):
                return None
            said[keyword.arg] = str(value)
        elif keyword.arg is None:
            return None
    return of_said(said)


def of_said(said: Mapping[str, str]) -> Unsaid | None:
    if {"host", "hostaddr", "password", "passfile", "service", "dsn"} & said.keys():
        return None
    names = said.get("user", ""), said.get("dbname", said.get("database", ""))
    if said.get("port", "") not in USUAL_PORT or any(one and NAME.fullmatch(one) is None for one in names):
        return None
    return Unsaid(*names)


def variables_for(unsaid: Unsaid) -> tuple[ServiceVariable, ...]:
    """Sorted by name; what the call says itself is left to it."""
    found = {"PGHOST": "{host}", "PGPORT": "{port}", "PGPASSWORD": "{password}"}
    if not unsaid.user:
        found["PGUSER"] = "{user}"
    if not unsaid.database:
        found["PGDATABASE"] = "{database}"
    return tuple(ServiceVariable(name=name, template=found[name]) for name in sorted(found))
