"""Django's DATABASES: which variable holds which part of the address, whatever the variables are called."""

import ast
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from okamochi.detect.source.names import assigned
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.syntax import text_entries, text_of, texts_below
from okamochi.model.backing_service import ServiceKind
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex

__all__ = ["SQLITE", "DatabasePart", "database_parts", "databases_here", "engines_of"]

SQLITE = "sqlite3"
ENGINES = {
    ServiceKind.POSTGRES: "django.db.backends.postgresql",
    ServiceKind.MARIADB: "django.db.backends.mysql",
    ServiceKind.MYSQL: "django.db.backends.mysql",
}
# other packages' backends: django.contrib.gis.db.backends.postgis, django_prometheus.db.backends.postgresql,
# django_tenants.postgresql_backend
FAMILIES = {
    "postgresql": ServiceKind.POSTGRES,
    "postgresql_psycopg2": ServiceKind.POSTGRES,
    "postgis": ServiceKind.POSTGRES,
    "postgresql_backend": ServiceKind.POSTGRES,
    "mysql": ServiceKind.MYSQL,
}
HERE = ("localhost", "127.0.0.1", "::1")
TEMPLATES = {
    "NAME": "{database}",
    "USER": "{user}",
    "PASSWORD": "{password}",
    "HOST": "{host}",
    "PORT": "{port}",
}


class DatabasePart(msgspec.Struct, frozen=True):
    """`variable` holds the entry `key` of a database whose engine, where the code names one that needs a
    server, is of the kind `kind`."""

    variable: str
    key: str
    kind: ServiceKind | None

    def fits(self, kind: ServiceKind) -> bool:
        if self.kind is ServiceKind.MYSQL:
            return kind in (ServiceKind.MYSQL, ServiceKind.MARIADB)
        return self.kind in (None, kind)

    def template(self, kind: ServiceKind) -> str:
        return ENGINES[kind] if self.key == "ENGINE" else TEMPLATES[self.key]


# a name that a network of containers resolves
SERVICE = regex(r"(?!localhost$)[A-Za-z][A-Za-z0-9-]*")


def database_parts(module: Module, defaults: Mapping[str, str | None]) -> tuple[DatabasePart, ...]:
    """`defaults` has the variables that the module reads. An engine that the code names itself, or has as a
    default, is left to it; one that is SQLite unless a variable says otherwise is not."""
    if "ENGINE" not in module.text or "HOST" not in module.text:
        return ()
    databases: list[Mapping[str, ast.expr]] = []
    given = {name: value for one in module.tree.body for name, value in assigned(one)}
    for node in module.of(ast.Dict):
        entries = {key: _followed(value, given) for key, value in text_entries(node).items()}
        host = entries.get("HOST")
        named = host is not None and SERVICE.fullmatch(text_of(host)) is not None
        if "ENGINE" in entries and (named or _variables(host, defaults)):
            databases.append(entries)
    # an engine that nobody knows may be one for Postgres, but not beside one that is
    some_known = any(_family(one) in FAMILIES for one in databases)
    meant = (one for one in databases if not some_known or _family(one) in (*FAMILIES, SQLITE, ""))
    return tuple(part for one in meant for part in _parts(one, defaults))


def _followed(value: ast.expr, given: Mapping[str, ast.expr]) -> ast.expr:
    """What the module's own line gives a name: "PASSWORD": PASSWORD below PASSWORD = os.environ[...]."""
    return given.get(value.id, value) if isinstance(value, ast.Name) else value


def engines_of(module: Module) -> Iterator[tuple[str, Evidence]]:
    """The last part of each engine of DATABASES, "" where the code does not write it, and its place."""
    if "ENGINE" not in module.text or "DATABASES" not in module.text:
        return
    for node in module.of(ast.Dict):
        entries = text_entries(node)
        if "ENGINE" in entries and "NAME" in entries:
            reason = f"Django's ENGINE is {text_of(entries['ENGINE']) or 'not written here'}"
            yield _family(entries), Evidence(path=module.path, line=entries["ENGINE"].lineno, reason=reason)


def databases_here(module: Module) -> Iterator[tuple[ServiceKind, Evidence]]:
    """Databases that the code itself looks for on this machine: "HOST": "localhost"."""
    if "ENGINE" not in module.text or "HOST" not in module.text:
        return
    for node in module.of(ast.Dict):
        entries = text_entries(node)
        kind = FAMILIES.get(_family(entries)) if "ENGINE" in entries else None
        host = entries.get("HOST")
        if kind is not None and isinstance(host, ast.Constant) and host.value in HERE:
            reason = f"HOST is {host.value!r}"
            yield kind, Evidence(path=module.path, line=host.lineno, reason=reason)


def _parts(entries: Mapping[str, ast.expr], defaults: Mapping[str, str | None]) -> Iterable[DatabasePart]:
    chosen = _variables(entries["ENGINE"], defaults)
    engine = str(defaults[chosen[0]] or "") if chosen else text_of(entries["ENGINE"])
    family = engine.rpartition(".")[2]
    if not chosen and family == SQLITE:
        return
    kind = FAMILIES.get(family)
    keys = [*TEMPLATES, *(["ENGINE"] if chosen and family in ("", SQLITE) else [])]
    for key in keys:
        for variable in _variables(entries.get(key), defaults)[:1]:
            yield DatabasePart(variable, key, kind)


def _family(entries: Mapping[str, ast.expr]) -> str:
    """Of an engine that the code names itself; "" for another."""
    return text_of(entries["ENGINE"]).rpartition(".")[2]


def _variables(value: ast.expr | None, defaults: Mapping[str, str | None]) -> list[str]:
    return [text for text in (texts_below(value) if value is not None else ()) if text in defaults]
