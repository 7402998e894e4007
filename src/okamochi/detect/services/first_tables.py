"""A database whose tables nothing in the project makes, and the one file of SQL that has them: a dump that
the author loaded by hand, or schema.sql. The database's image runs it once, when its volume is new; only
where it does nothing but make tables and fill them.
"""

import posixpath
import re
from collections.abc import Callable, Iterable

import msgspec

from okamochi.detect.services.plain_sql import first_that_is_more
from okamochi.detect.source.sources import Sources
from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.evidence import Decision, Evidence
from okamochi.system.patterns import regex

__all__ = ["with_first_tables"]

KINDS = (ServiceKind.MYSQL, ServiceKind.MARIADB, ServiceKind.POSTGRES)
MOST_BYTES = 20_000_000
MAKES = regex(r"\bcreate\s+table\b", re.IGNORECASE)
# the app, or a command of it, makes them
MAKES_IN_CODE = regex(
    r"\bcreate_all\b|\bcreate_tables?\b|\bexecutescript\b|\bcreate\s+table\b", re.IGNORECASE
)
ASIDE = regex(r"(?:.*/)?(?:tests?|migrations|versions|fixtures|backups?|docs?|examples?)/.*", re.IGNORECASE)
OF_MYSQL = regex(r"`\w+`|\bengine\s*=|\bauto_increment\b", re.IGNORECASE)
OF_POSTGRES = regex(r"\b(?:big)?serial\b|\bpg_catalog\b|\bjsonb\b|\btimestamptz\b|\bbytea\b", re.IGNORECASE)
OWN_DATABASE = regex(r"\bcreate\s+(?:database|schema)\s+(?!if\b|/\*!\d+ if\b)[`\"]?(\w+)", re.IGNORECASE)
DROPS_DATABASE = regex(r"\bdrop\s+(?:database|schema)\s+(if\s+exists\s+)?[`\"]?(\w+)", re.IGNORECASE)
ANEW = regex(r"\bcreate\s+(?:database|schema)\b", re.IGNORECASE)
USES = regex(r"^\s*(?:use\s+|\\connect\s+|\\c\s+)[`\"]?(\w+)", re.IGNORECASE | re.MULTILINE)
OWNER = regex(r"\bowner\s+to\s+\"?(\w+)", re.IGNORECASE)


def with_first_tables(
    sources: Sources,
    services: Iterable[BackingService],
    is_out: Callable[[str], bool],
    *,
    made: bool,
    unnamed: str = "",
) -> tuple[tuple[BackingService, ...], tuple[Decision, ...]]:
    """`made` is true where the project has a release process, or commands that set its data up. What
    `is_out` is nobody's but this checkout's. `unnamed` is the name of a database that nobody names: the file
    may have another then, of which variables tell the app."""
    services = tuple(services)
    databases = [one for one in services if one.kind in KINDS]
    if made or len(databases) != 1 or databases[0].initial_files or _makes_itself(sources):
        return services, ()
    (database,) = databases
    found = [path for path in _files(sources) if not is_out(path) and _fits(_text(sources, path), database)]
    if len(found) != 1:
        return services, _several(database, found)
    path = found[0]
    place = Evidence(path=path, line=0, reason="makes tables, which nothing else in the project does")
    named = _named_by(_text(sources, path), database, unnamed)
    against = _against(_text(sources, path), named)
    field = f"services.{database.name}.initial_files"
    if against:
        told = f"Warning: nothing makes the tables of {database.name}, and {path} is not run: {against}"
        return services, (Decision.detected(field, told, (place,)),)
    begun = msgspec.structs.replace(named, initial_files=(path,))
    told = f"{database.name} begins with {path}, once, when its volume is new"
    kept = tuple(begun if one is database else one for one in services)
    return kept, (Decision.detected(field, told, (place,)),)


def _several(database: BackingService, found: list[str]) -> tuple[Decision, ...]:
    if not found:
        return ()
    names = ", ".join(found[:4])
    told = (
        f"Warning: nothing makes the tables of {database.name}; {names} have some: mount those that it "
        f"begins with at /docker-entrypoint-initdb.d of a service {database.name} in a compose.yaml"
    )
    places = (Evidence(path=one, line=0, reason="makes tables") for one in found[:4])
    return (Decision.detected(f"services.{database.name}.initial_files", told, tuple(places)),)


def _makes_itself(sources: Sources) -> bool:
    return any(MAKES_IN_CODE.search(sources.text(path)) is not None for path in sources.all_paths)


def _files(sources: Sources) -> list[str]:
    """Of SQL that makes tables, those that no code opens."""
    opened = " ".join(text for path in sources.all_paths if ".sql" in (text := sources.text(path)))
    paths = (one for one in sources.project.files("**/*.sql") if ASIDE.fullmatch(one) is None)
    return [
        one
        for one in paths
        if posixpath.basename(one) not in opened and MAKES.search(_text(sources, one)) is not None
    ]


def _text(sources: Sources, path: str) -> str:
    text = sources.project.read_text(path) or ""
    return text if len(text) <= MOST_BYTES else ""


def _fits(text: str, database: BackingService) -> bool:
    """Whether nothing in it is of the other kind's language."""
    other = OF_MYSQL if database.kind is ServiceKind.POSTGRES else OF_POSTGRES
    return other.search(text) is None


def _named_by(text: str, database: BackingService, unnamed: str) -> BackingService:
    """Called as the file calls it, where only variables tell the app its name."""
    told = any("{database}" in one.template for one in database.variables)
    used = set(USES.findall(text))
    if not told or database.database != unnamed or len(used) != 1:
        return database
    return msgspec.structs.replace(database, database=used.pop())


def _against(text: str, database: BackingService) -> str:
    """Why it would fail, or make its tables where the app does not look; "". In a volume that is new, MySQL
    may make the app's database anew."""
    own, dropped = OWN_DATABASE.search(text), DROPS_DATABASE.search(text)
    droppings = {(bool(check), name) for check, name in DROPS_DATABASE.findall(text)}
    mine = droppings == {(True, database.database)} and database.kind is not ServiceKind.POSTGRES
    anew = mine and dropped is not None and ANEW.search(text, dropped.end()) is not None
    if own is not None and not anew:
        return (
            f"it makes the database {own[1]}, which is there then; CREATE DATABASE IF NOT EXISTS lets it run"
        )
    if dropped is not None and not anew:
        return "it drops a database"
    elsewhere = next((one for one in USES.findall(text) if one != database.database), "")
    if elsewhere:
        return f"it makes them in the database {elsewhere}, and the app's is {database.database}"
    owner = next((one for one in OWNER.findall(text) if one != database.user), "")
    if owner:
        return f"it gives them to the user {owner}, and the app's is {database.user}"
    more = first_that_is_more(text, of_mysql=database.kind is not ServiceKind.POSTGRES)
    if more is None:
        return ""
    return (
        f"line {more.line} ({more}) does more than make tables and fill them; where that is meant, mount the "
        f"file at /docker-entrypoint-initdb.d of a service {database.name} in a compose.yaml"
    )
