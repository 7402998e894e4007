"""Several containers change the schema at the same time.

Each replica, and each service with the same entry point, runs the migration when it starts. Alembic and
Django take no lock: two that begin together both make the table, and one fails in the middle ("relation
already exists"), or a row in alembic_version is there twice.

Fix: a service of its own that ends (`command: flask db upgrade`), and `depends_on: {migrate: {condition:
service_completed_successfully}}` at the others.

Okamochi: a release process, once before web, under a lock in the database.

See: https://docs.docker.com/reference/compose-file/services/#depends_on
"""

from okamochi.audit.containers import Container
from okamochi.audit.migrating import migration_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import in_a_stack, replicas, services
from okamochi.system.patterns import regex

SEVERITY = Severity.WARNING
ADDRESS = regex(r"(?:\w+_)?(?:DB|DATABASE|POSTGRES|MYSQL|MARIADB|SQL\w*)_?(?:HOST|NAME|URL|URI|DB|DATABASE)")


def look(setup: Setup) -> Finds:
    by_database: dict[tuple[str, str], list[tuple[Container, str]]] = {}
    for container in services(setup):
        words = migration_of(container, setup) if container.own else ""
        if words and not in_a_stack(container, setup):
            key = (container.path, database_of(container))
            by_database.setdefault(key, []).append((container, words))
    for (path, _), found in by_database.items():
        several = next((one for one, _ in found if replicas(one, setup) > 1), None)
        if several is not None:
            count = replicas(several, setup)
            yield told(path, several.line, f"each of {count} replicas of {several.name} runs {found[0][1]}")
        elif len(found) > 1 and not waits(found[1][0], found[0][0]):
            names = " and ".join(one.name for one, _ in found[:2])
            yield told(path, found[1][0].line, f"{names} both run {found[0][1]} when they start")


def database_of(container: Container) -> str:
    """What its variables say of the database; "" where they say nothing."""
    given = sorted(f"{one.name}={one.value}" for one in container.environment if ADDRESS.fullmatch(one.name))
    return " ".join(given)


def told(path: str, line: int, what: str) -> Found:
    return Found(
        path=path,
        line=line,
        message=f"{what}, at the same time and without a lock",
        hint="a service of its own that migrates and ends; depends_on: service_completed_successfully",
    )


def waits(one: Container, other: Container) -> bool:
    """Whether one of them starts after the other is through."""
    pairs = ((one, other), (other, one))
    return any(second.name in first.node.get("depends_on").names() for first, second in pairs)
