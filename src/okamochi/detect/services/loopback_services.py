"""Services that the code looks for on its own machine, where nothing can lead it anywhere else: they are
started, and a door on each container's loopback leads there. docs/adr/0047-doors-on-the-loopback.md says why.
"""

from collections.abc import Sequence

import msgspec

from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.services.candidate import Candidate
from okamochi.detect.services.clients import HERE
from okamochi.detect.services.kinds import SQL, WITH_DATABASE, KindFacts
from okamochi.detect.services.loopback_calls import HOSTS, Said, said_at
from okamochi.detect.services.made import of_the_code, variable_for
from okamochi.detect.source.gist import SIZE_LIMIT_BYTES, python_text
from okamochi.detect.source.sources import Sources
from okamochi.model.backing_service import LOOPBACK_PREFIX, BackingService, ServiceKind, ServiceVariable
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.kit_programs import MYSQL_SOCKET
from okamochi.model.placeholders import is_placeholder
from okamochi.system.project_files import ProjectFiles

__all__ = ["behind_a_door", "decision_of_door", "doors_environment", "password_at"]

LIBPQ = frozenset(["psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "asyncpg", "aiopg"])
"""Their users and passwords, where the code says none, come from variables of libpq."""
GUEST = "guest"
"""Who a client of RabbitMQ is that says nothing, with that password."""
ROOT = "root"


def behind_a_door(
    candidate: Candidate, base: BackingService, sources: Sources, dependencies: ChosenDependencies
) -> BackingService | None:
    """The service as the code takes it to be; None where it says two things, or what cannot be had."""
    said = _all_said(candidate, sources)
    if not said:
        return None
    users = {one.user for one, _ in said} - {""}
    databases = {one.database for one, _ in said} - {""}
    passwords = {one.password for one, _ in said if one.password is not None}
    by_variable = {pair for one, _ in said for pair in one.variables}
    several = len(databases) > 1 and base.kind in SQL
    if len(users) > 1 or len(passwords) > 1 or several or (any(passwords) and by_variable):
        return None
    spoken = _Spoken(
        user=next(iter(users), ""),
        database=next((one.database for one, _ in said if one.database), ""),
        password=next(iter(passwords), None),
        place=next((place for one, place in said if one.password is not None), None),
        variables=tuple(sorted(by_variable)),
        names_host=all(one.names_host for one, _ in said),
    )
    service = _as_spoken(base, spoken, dependencies)
    if service is None:
        return None
    ports = sorted({one.port for one, _ in said})
    doors = tuple(ServiceVariable(name=f"{LOOPBACK_PREFIX}{one}", template="{host}:{port}") for one in ports)
    every = sorted((*doors, *service.variables), key=lambda one: one.name)
    return msgspec.structs.replace(service, variables=tuple(every))


class _Spoken(msgspec.Struct, frozen=True):
    """What all places together say; `place` is the one with the password."""

    user: str
    database: str
    password: str | None
    place: Evidence | None
    variables: tuple[tuple[str, str], ...]
    names_host: bool

    def speaks_of(self, part: str) -> bool:
        return _has(self.variables, part)


def _has(pairs: Sequence[tuple[str, str]] | set[tuple[str, str]], part: str) -> bool:
    return any(one == part for _, one in pairs)


def _all_said(candidate: Candidate, sources: Sources) -> list[tuple[Said, Evidence]]:
    """Empty when one of the places says what is not understood."""
    found = []
    for place in candidate.looks_here:
        reads = {one.name for one in candidate.reads if one.evidence.path == place.path}
        said = said_at(place, sources, candidate.facts, reads)
        if said is None:
            return []
        found.append((said, place))
    return found


def _as_spoken(
    base: BackingService, spoken: _Spoken, dependencies: ChosenDependencies
) -> BackingService | None:
    variables = {name: f"{{{part}}}" for name, part in spoken.variables}
    user = spoken.user
    match base.kind:
        case ServiceKind.REDIS | ServiceKind.MEMCACHED:
            alone = spoken.password is None and not spoken.speaks_of("password")
            return msgspec.structs.replace(base, variables=()) if alone else None
        case ServiceKind.RABBITMQ if not user and not spoken.variables:
            return msgspec.structs.replace(base, user=GUEST, is_open=True, variables=())
        case ServiceKind.MONGODB if not user and not spoken.variables:
            database = spoken.database or base.database
            return msgspec.structs.replace(base, user="", database=database, is_open=True, variables=())
        case ServiceKind.POSTGRES if LIBPQ.isdisjoint(dependencies.names):
            pass
        case ServiceKind.POSTGRES:
            if not spoken.names_host:
                variables["PGHOST"] = HERE  # without a name it would look for a socket
            if not user and not spoken.speaks_of("user"):
                variables["PGUSER"] = "{user}"
            if spoken.password is None and not spoken.speaks_of("password"):
                variables["PGPASSWORD"] = "{password}"
            if not spoken.database and not spoken.speaks_of("database"):
                variables["PGDATABASE"] = "{database}"
        case _:
            pass
    return _with_password(base, spoken, variables)


def _with_password(base: BackingService, spoken: _Spoken, variables: dict[str, str]) -> BackingService | None:
    """One with a user: the code's password, none at all, or one that a variable tells."""
    user, password = spoken.user, spoken.password
    if not user and "{user}" not in variables.values():
        return None
    told = "{password}" in variables.values()
    if told and user == ROOT and base.kind is not ServiceKind.POSTGRES:
        return None
    is_open = not told and not password
    if is_open and not (base.kind is ServiceKind.POSTGRES or (base.kind in SQL and user == ROOT)):
        return None
    if password and is_placeholder("", password, signs=False):
        return None
    place = spoken.place
    return msgspec.structs.replace(
        base,
        user=user or base.user,
        database=(base.kind in WITH_DATABASE and spoken.database) or base.database,
        is_open=is_open,
        password_in=f"{place.path}:{place.line}" if place is not None and password else "",
        variables=tuple(ServiceVariable(name=name, template=variables[name]) for name in sorted(variables)),
    )


def decision_of_door(service: BackingService, candidate: Candidate) -> Decision:
    doors = [one.name for one in service.variables if one.name.startswith(LOOPBACK_PREFIX)]
    ports = ", ".join(f"localhost:{one.removeprefix(LOOPBACK_PREFIX)}" for one in doors)
    password = of_the_code(service)
    if service.is_open:
        password = "; it asks nobody for a password, as the code has none"
    return Decision.detected(
        f"services.{service.name}",
        f"Warning: {service.name} is {service.image}; the code has {ports} fixed: in each container "
        f"a door on the loopback leads from there to {service.name} ({', '.join(doors)}){password}; let the "
        f"code read the address from a variable such as {variable_for(candidate)}",
        tuple(dict.fromkeys((*candidate.looks_here[:3], candidate.client))),
    )


def doors_environment(services: Sequence[BackingService]) -> tuple[tuple[str, str], ...]:
    """What the image has to say beside the doors."""
    mysql = any(one.has_door and one.kind in (ServiceKind.MYSQL, ServiceKind.MARIADB) for one in services)
    return (MYSQL_SOCKET,) if mysql else ()


def password_at(project: ProjectFiles, place: str, facts: KindFacts, host: str) -> str:
    """The password in that line of the code ("app.py:12") for the service of that name, or behind a door; ""
    when there is none any more."""

    def whole(path: str) -> str | None:
        content = project.read_bytes(path, limit_bytes=SIZE_LIMIT_BYTES)
        return python_text(content) if content is not None else None

    path, _, line = place.rpartition(":")
    sources = Sources(project, whole)  # a gist may lack what looks like a sentence
    said = said_at(Evidence(path=path, line=int(line), reason=""), sources, facts, (), (*HOSTS, host))
    return (said.password if said is not None else None) or ""
