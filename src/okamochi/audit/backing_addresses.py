"""Addresses of databases, queues and caches that containers are given: as one URL, or in parts."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

import msgspec

from okamochi.audit.containers import Container, ContainerKind, Variable
from okamochi.audit.interpolation import MANY, known_to_compose, resolved
from okamochi.audit.setup import Setup
from okamochi.system.patterns import regex

__all__ = ["LOOPBACK", "ServiceAddress", "service_addresses"]

LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0"))
URL = regex(
    r"(?P<scheme>postgres(?:ql)?|postgis|mysql|mariadb|rediss?|valkey|amqps?|mongodb)(?:\+\w+)?://"
    r"(?:(?P<user>[^:@/]*)(?::(?P<password>[^@]*))?@)?"
    r"(?P<host>\[[\da-f:]+\]|[^:/?#,]*)(?::(?P<port>[^/?#]*))?(?:/(?P<database>[^?#]*))?(?:[?#].*)?"
)
HOST_NAME = regex(
    r"(?P<prefix>(?:\w+_)?(?:DB|DATABASE|POSTGRES(?:QL)?|PG|MYSQL|MARIADB|REDIS|VALKEY|RABBITMQ|MONGO(?:DB)?)_?)"
    r"(?:HOST|HOSTNAME|SERVER)"
)
PARTS = {
    "port": ("PORT",),
    "user": ("USER", "USERNAME"),
    "password": ("PASSWORD", "PASS"),
    "database": ("NAME", "DB", "DATABASE"),
}
UNKNOWN = "\0"


class Part(msgspec.Struct, frozen=True):
    """`text` is None where nobody can tell it from the files."""

    text: str | None
    variable: Variable


class ServiceAddress(msgspec.Struct, frozen=True):
    """`scheme` is "" for one in parts. A part that is not there is None."""

    scheme: str
    host: Part
    port: Part | None = None
    user: Part | None = None
    password: Part | None = None
    database: Part | None = None


def service_addresses(container: Container, setup: Setup) -> Iterator[ServiceAddress]:
    """All that its variables hold, the image's included."""
    known = known_to_compose(setup, container.path) if container.kind is ContainerKind.COMPOSE else {}
    for one in container.environment:
        text = one.value or ""
        if "://" in text:
            found = URL.fullmatch(with_marks(text, known))
            if found is not None:
                yield of_url(found, one)
        elif (name := HOST_NAME.fullmatch(one.name.upper())) is not None and text:
            yield of_parts(container, one, name["prefix"], known)


def with_marks(text: str, known: Mapping[str, str]) -> str:
    """With variables replaced; what is not known becomes a mark."""
    return MANY.sub(lambda found: UNKNOWN if (value := resolved(found[0], known)) is None else value, text)


def of_url(found: re.Match[str], one: Variable) -> ServiceAddress:
    def part(name: str) -> Part | None:
        text = found[name]
        return None if text is None else Part(None if UNKNOWN in text else unquote(text), one)

    host = part("host") or Part(None, one)
    return ServiceAddress(found["scheme"], host, *map(part, ("port", "user", "password", "database")))


def of_parts(container: Container, host: Variable, prefix: str, known: Mapping[str, str]) -> ServiceAddress:
    by_name = {one.name.upper(): one for one in container.environment}

    def part(kind: str) -> Part | None:
        for end in PARTS[kind]:
            one = by_name.get(f"{prefix}{end}")
            if one is not None:
                return Part(resolved(one.value, known) if one.value else None, one)
        return None

    first = Part(resolved(host.value or "", known) or None, host)
    return ServiceAddress("", first, *map(part, PARTS))
