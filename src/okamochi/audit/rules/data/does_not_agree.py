"""The app's address of the database names another user, database or password than the database is made with.

The official images make one user and one database, once, from POSTGRES_USER, POSTGRES_PASSWORD and
POSTGRES_DB (MYSQL_…, MARIADB_…). An app that asks for others gets "password authentication failed" or
"database … does not exist".

Fix: write each value once, and take it from there in both places:
`postgresql://${POSTGRES_USER}:${POSTGRES_PASSWORD}@db:5432/${POSTGRES_DB}`.

Okamochi: user, database and password are one value each, for both sides.

See: https://hub.docker.com/_/postgres
"""

from okamochi.audit.backing_addresses import ServiceAddress, service_addresses
from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.images import database_of
from okamochi.audit.interpolation import known_to_compose, resolved
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import mounts, service_named
from okamochi.model.backing_service import ServiceKind
from okamochi.model.evidence import Evidence
from okamochi.model.service_images import ServiceImage

SEVERITY = Severity.ERROR
MADE = (ServiceKind.POSTGRES, ServiceKind.MYSQL, ServiceKind.MARIADB)


def look(setup: Setup) -> Finds:
    for container in setup.of_kind(ContainerKind.COMPOSE):
        for address in service_addresses(container, setup) if container.own else ():
            other = service_named(address.host.text or "", container, setup)
            kind = database_of(other.image) if other is not None else None
            if other is None or kind is None or kind.kind not in MADE or is_set_up_by_hand(other, setup):
                continue
            yield from compared(address, other, kind, setup)


def is_set_up_by_hand(other: Container, setup: Setup) -> bool:
    return any("initdb.d" in mount.target for mount in mounts(other, setup))


def compared(address: ServiceAddress, other: Container, kind: ServiceImage, setup: Setup) -> Finds:
    postgres = kind.kind is ServiceKind.POSTGRES
    user = made(other, kind, "USER", "postgres" if postgres else None, setup)
    database = made(other, kind, "DB" if postgres else "DATABASE", user if postgres else None, setup)
    password = made(other, kind, "PASSWORD", None, setup)
    as_root = address.user is not None and address.user.text == "root"
    for part, value, names in (
        (address.user, None if as_root else user, "the user {}, {} makes {}"),
        (address.database, database, "the database {}, {} makes {}"),
        (address.password, None if as_root else password, "another password than {1} is made with"),
    ):
        if part is None or part.text is None or value is None or part.text in (value, "", "postgres"):
            continue
        one = part.variable
        yield Found(
            path=one.path,
            line=one.line,
            message=f"{one.name} names {names.format(part.text, other.name, value)}",
            hint="write the value once, and refer to it in both places",
            also=(Evidence(path=other.path, line=other.line, reason=f"the service {other.name}"),),
        )


def made(other: Container, kind: ServiceImage, end: str, standard: str | None, setup: Setup) -> str | None:
    """What the image makes; None where it is not known."""
    names = [f"{kind.kind.upper()}_{end}"]
    if kind.kind is ServiceKind.MARIADB:
        names.append(f"MYSQL_{end}")
    for name in names:
        given = other.variable(name)
        if given is not None:
            return resolved(given.value, known_to_compose(setup, other.path)) if given.value else None
        if other.variable(f"{name}_FILE") is not None:
            return None
    return standard if not other.node.get("env_file") else None
