"""How the app is told where its services are: which variables, and the URL's right scheme for its driver."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from packaging.version import Version

from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.packages.pinned import stays_below
from okamochi.detect.services.django_databases import DatabasePart
from okamochi.detect.services.evidence import Address, VariableRead
from okamochi.detect.services.kinds import KindFacts
from okamochi.model.backing_service import ServiceKind, ServiceVariable
from okamochi.system.patterns import regex
from okamochi.system.words import word_tuple

__all__ = ["beside_a_named_host", "host_variable", "is_pair", "variables_of"]

SQLALCHEMY = word_tuple("sqlalchemy flask-sqlalchemy sqlmodel flask-sqlalchemy-lite alembic flask-migrate")
TORTOISE = "tortoise-orm"
# "Default PostgreSQL driver changed to psycopg": https://docs.sqlalchemy.org/en/21/changelog/migration_21.html
PSYCOPG3_RULES = Version("2.1")
# by driver; psycopg2 is left out where the plain scheme means it
DRIVERS = {
    ServiceKind.POSTGRES: (
        (("psycopg2", "psycopg2-binary"), "psycopg2"),
        (("psycopg", "psycopg-binary"), "psycopg"),
        (("asyncpg",), "asyncpg"),
        (("pg8000",), "pg8000"),
    ),
    ServiceKind.MYSQL: (
        (("pymysql",), "pymysql"),
        (("mysqlclient", "flask-mysqldb"), "mysqldb"),
        (("mysql-connector-python",), "mysqlconnector"),
        (("asyncmy",), "asyncmy"),
        (("aiomysql",), "aiomysql"),
    ),
}
SCHEMES = {
    ServiceKind.POSTGRES: "postgresql",
    ServiceKind.MYSQL: "mysql",
    ServiceKind.MARIADB: "mysql",
    ServiceKind.RABBITMQ: "amqp",
    ServiceKind.MONGODB: "mongodb",
    ServiceKind.REDIS: "redis",
}
ASYNC = regex(r"(^|_)ASYNC(_|$)")
ASYNC_DRIVERS = ("asyncpg", "asyncmy", "aiomysql")
HOST_WORDS = "HOST|HOSTNAME|SERVER|SERVERS|ADDRESS|ADDR"
PARTS = {
    "HOST": "{host}",
    "ADDRESS": "{host}",
    "ADDR": "{host}",
    "HOSTNAME": "{host}",
    "SERVER": "{host}",
    "SERVERS": "{host}:{port}",
    "PORT": "{port}",
    "NAME": "{database}",
    "DATABASE": "{database}",
    "DB": "{database}",
    "DBNAME": "{database}",
    "DB_NAME": "{database}",
    "DATABASE_NAME": "{database}",
    "VHOST": "{database}",
    "VIRTUAL_HOST": "{database}",
    "USER": "{user}",
    "USERNAME": "{user}",
    "PASSWORD": "{password}",
    "PASSWD": "{password}",
    "PASS": "{password}",
    "PWD": "{password}",
}


PAIR = "{host}:{port}"
# DB_TYPE = "sqlite+aiosqlite" is SQLite until it is told, whatever DB_HOST says
SCHEME_PARTS = ("TYPE", "ENGINE", "DIALECT", "DRIVER", "DRIVERNAME", "SCHEME")
SQLITE_DRIVER = regex(r"sqlite\+\w+$")


def variables_of(
    facts: KindFacts,
    leading: Iterable[VariableRead],
    addresses: Sequence[Address],
    dependencies: ChosenDependencies,
    others: Iterable[VariableRead] = (),
    parts: Iterable[DatabasePart] = (),
) -> tuple[ServiceVariable, ...]:
    """Sorted by name. `leading` are the variables that lead to the service; beside DB_HOST, its sisters
    (DB_USER, ...) among `others` are set, too. `parts` are those that Django's settings name."""
    template = _url(facts, addresses, dependencies)
    teller = _Teller(facts, template, dependencies, _made_over(addresses), tuple(others))
    known = {one.variable: one.template(facts.kind) for one in parts}
    for read in leading:
        if read.name not in known:
            teller.tell(read)
    found = {name: text for name, text in teller.found.items() if text} | known
    return tuple(ServiceVariable(name=name, template=found[name]) for name in sorted(found))


@dataclass
class _Teller:
    """`found` has a template for each variable's name. `template` is the URL's; `made_over` when the code
    puts the driver into it itself."""

    facts: KindFacts
    template: str
    dependencies: ChosenDependencies
    made_over: bool
    others: tuple[VariableRead, ...]
    found: dict[str, str] = field(default_factory=dict)

    @cached_property
    def names(self) -> set[str]:
        return {one.name.upper() for one in self.others}

    def tell(self, read: VariableRead) -> None:
        """What a variable holds that leads to the service, and what its sisters do."""
        if kinds := named_kinds(self.facts, read):
            self.found[read.name] = kinds[0]
            return
        is_host = read.is_host or read.part_for(self.facts) == "host"
        told = _told_beside(self.facts, self.others)
        if not is_host:  # an address may leave the database to a variable of its own
            unsaid = {one.name for one in self.others if one.default is None}
            told = {name: part for name, part in told.items() if part == "{database}" and name in unsaid}
        self.found |= told
        host = host_variable(self.facts, read.name, self.names)
        if is_pair(self.facts, read):
            self.found[read.name] = PAIR
        elif host is not None:
            self.found[read.name] = PARTS[host[2]]
        else:
            self.found[read.name] = "{host}" if is_host else self._address(read)
        if host is not None:
            self._tell_sisters(host[1])

    def _address(self, read: VariableRead) -> str:
        waits = ASYNC.search(read.name.upper()) or (read.awaited and not self.made_over)
        url = for_event_loops(self.template, self.facts, self.dependencies) if waits else self.template
        return _without_scheme(url, self.facts) if read.behind_scheme else url

    def _tell_sisters(self, prefix: str) -> None:
        """`prefix` is that of the host's variable: "DB_"."""
        for read in self.others:
            name = read.name.upper()
            part = name.removeprefix(prefix)
            scheme = _scheme_in(part, read, self.facts, self.template, self.dependencies)
            named = named_kinds(self.facts, read)
            if scheme is not None:
                self.found[read.name] = scheme
            elif part != name and part in PARTS and not _unknown(self.facts, PARTS[part]):
                self.found.setdefault(read.name, PARTS[part])
            elif len(named) == 1 and part not in (name, *PARTS):
                self.found.setdefault(read.name, named[0])
        for name, template in _of_the_image(self.facts, prefix, self.others):
            if template not in self.found.values():
                self.found[name] = template


def _told_beside(facts: KindFacts, others: Iterable[VariableRead]) -> dict[str, str]:
    """What the code makes the user, the password, ... of the address whose host is a variable's value."""
    parts = {
        one.name: f"{{{one.part_for(facts)}}}" for one in others if one.part_for(facts) not in ("", "host")
    }
    return {name: part for name, part in parts.items() if not _unknown(facts, part)}


def named_kinds(facts: KindFacts, read: VariableRead) -> tuple[str, ...]:
    """What the code compares the variable with, where that names the kind: it holds no address then."""
    return tuple(one for one in read.choices if one.lower() in facts.schemes)


def _scheme_in(
    part: str, read: VariableRead, facts: KindFacts, template: str, dependencies: ChosenDependencies
) -> str | None:
    """What a variable holds of the URL's scheme, or of its driver; None for one that holds nothing of it."""
    default, has_driver = read.default, facts.kind in DRIVERS
    if default is not None:
        if part not in SCHEME_PARTS or not has_driver or SQLITE_DRIVER.match(default) is None:
            return None
        waits = "aiosqlite" in default
        url = for_event_loops(template, facts, dependencies) if waits else template
        return url.partition("://")[0]
    if part in ("PROTOCOL", "SCHEME"):
        return template.partition("://")[0]
    if part in ("CONNECTION", "DIALECT") and has_driver:
        return SCHEMES[facts.kind]  # before "+" and the driver
    return driver_of(template) if part == "DRIVER" and has_driver else None


def driver_of(template: str) -> str:
    """What stands after the plus sign, "" for nothing."""
    return template.partition("://")[0].partition("+")[2]


def host_variable(facts: KindFacts, name: str, names: Container[str]) -> re.Match[str] | None:
    """The name's beginning and its word, when it holds a host: DB_HOST; DB_ADDRESS only beside DB_PORT, since
    an address may be anything. `names` are all that the code reads, in capital letters."""
    stem = rf"(?:{facts.stems}){facts.purposes}"
    found = re.fullmatch(rf"((?:\w+_)?{stem}_{{0,2}})({HOST_WORDS})", name.upper())
    if found is None or found[2] not in ("ADDRESS", "ADDR"):
        return found
    return found if f"{found[1]}PORT" in names else None


def is_pair(facts: KindFacts, read: VariableRead) -> bool:
    """REDIS_ENDPOINT, which is "localhost:6379" when nobody says otherwise: a host and a port."""
    if re.fullmatch(rf"(\w+_)?({facts.stems})(_\w+)?", read.name.upper()) is None:
        return False
    return re.fullmatch(r"[\w.-]+:\d{2,5}", read.default or "") is not None


def beside_a_named_host(facts: KindFacts, reads: Iterable[VariableRead]) -> tuple[ServiceVariable, ...]:
    """What is told where the code itself names the host: f"postgresql://{POSTGRES_USER}:{...}@postgres/shop"."""
    reads = tuple(reads)
    found = dict(_of_the_image(facts, "", reads)) | _told_beside(facts, reads)
    return tuple(ServiceVariable(name=name, template=found[name]) for name in sorted(found))


def _of_the_image(facts: KindFacts, prefix: str, others: Iterable[VariableRead]) -> Iterator[tuple[str, str]]:
    """POSTGRES_USER and POSTGRES_PASSWORD beside DB_HOST: user, password and database under the names that
    the kind's own image has for them, unless these lead to a host of their own. MYSQL_ROOT_PASSWORD is the
    one of the app where it reads no other."""
    reads = {one.name.upper(): one.name for one in others}
    for name in sorted(reads):
        own = re.fullmatch(rf"((?:{facts.stems})_?(?:DEFAULT_|INITDB_)?(?:ROOT_)?)(\w+)", name)
        if (
            own is not None
            and f"{own[1].removesuffix('ROOT_')}{own[2]}" in reads
            and own[1].endswith("ROOT_")
        ):
            continue
        if own is None or own[1] == prefix or own[2] not in PARTS or _unknown(facts, PARTS[own[2]]):
            continue
        hosted = any(f"{own[1]}{word}" in reads for word in ("HOST", "HOSTNAME", "SERVER", "SERVERS"))
        if not hosted and PARTS[own[2]] in ("{user}", "{password}", "{database}"):
            yield reads[name], PARTS[own[2]]


def for_event_loops(template: str, facts: KindFacts, dependencies: ChosenDependencies) -> str:
    """With a driver for event loops, where the project has one: DATABASE_ASYNC_URL beside DATABASE_URL."""
    drivers = DRIVERS.get(facts.kind, ())
    driver = next((n for names, n in drivers if n in ASYNC_DRIVERS and dependencies.names & set(names)), "")
    scheme, separator, rest = template.partition("://")
    return f"{scheme.partition('+')[0]}+{driver}{separator}{rest}" if driver else template


def _unknown(facts: KindFacts, template: str) -> bool:
    """Redis and memcached stand in a network of their own, without users."""
    return not facts.user and template in ("{user}", "{password}", "{database}")


def _url(facts: KindFacts, addresses: Sequence[Address], dependencies: ChosenDependencies) -> str:
    match facts.kind:
        case ServiceKind.REDIS:
            return "redis://{host}:{port}/0"
        case ServiceKind.MEMCACHED:
            return "{host}:{port}"
        case ServiceKind.RABBITMQ:
            # "//" is "/" to Kombu and a virtual host without a name to pika; no path is "/" to everybody
            return "amqp://{user}:{password}@{host}:{port}"
        case ServiceKind.MONGODB:
            return "mongodb://{user}:{password}@{host}:{port}/{database}?authSource=admin"
        case _:
            scheme = _sql_scheme(facts, addresses, dependencies)
            return f"{scheme}://{{user}}:{{password}}@{{host}}:{{port}}/{{database}}"


def _without_scheme(template: str, facts: KindFacts) -> str:
    """What follows the scheme, and of Redis no number, which the code may write itself, too."""
    rest = template.partition("://")[2] or template
    return rest.partition("/")[0] if facts.kind is ServiceKind.REDIS else rest


def _is_complete(one: Address) -> bool:
    return bool(one.host or one.user or one.database or one.spelled)


def _made_over(addresses: Sequence[Address]) -> bool:
    """Whether the code puts the driver into the URL itself: "postgresql+asyncpg://" and nothing behind it."""
    return any(one.driver and not _is_complete(one) for one in addresses)


def _sql_scheme(facts: KindFacts, addresses: Sequence[Address], dependencies: ChosenDependencies) -> str:
    plain = SCHEMES[facts.kind]
    if facts.kind is ServiceKind.POSTGRES and TORTOISE in dependencies.names:
        return "postgres"  # https://tortoise.github.io/databases.html#db-url
    if not any(name in dependencies.names for name in SQLALCHEMY):
        return plain
    if _made_over(addresses):
        return plain
    complete = [one for one in addresses if _is_complete(one)]
    if complete and complete[0].driver:
        return f"{plain}+{complete[0].driver}"
    drivers = DRIVERS.get(facts.kind, DRIVERS[ServiceKind.MYSQL])
    driver = next((name for names, name in drivers if dependencies.names.intersection(names)), "")
    if driver == "psycopg2" and stays_below(dependencies, "sqlalchemy", PSYCOPG3_RULES):
        return plain
    return f"{plain}+{driver}" if driver and driver != "mysqldb" else plain
