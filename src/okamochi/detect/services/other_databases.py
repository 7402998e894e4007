"""Databases that okamochi starts none of: Oracle Database and Microsoft SQL Server. What the app needs for
them is told, and where it gets their address from.
"""

import re
from collections.abc import Iterator

import msgspec

from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.services.evidence import Traces, traces_of
from okamochi.detect.services.kinds import FOREIGN_URL
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.native import NativeNeed, NeedKind
from okamochi.system.patterns import line_of, regex

__all__ = ["odbc_needs", "other_databases"]


class OtherDatabase(msgspec.Struct, frozen=True):
    """`distributions` are normalized names of its clients, `modules` what code imports then, `engines` what
    Django's settings say, `stems` begin the names of variables that lead to it."""

    title: str
    distributions: tuple[str, ...]
    modules: tuple[str, ...]
    scheme: str
    engines: str
    stems: str


ORACLE = OtherDatabase(
    "Oracle Database",
    ("oracledb", "cx-oracle"),
    ("oracledb", "cx_Oracle"),
    "oracle",
    r"django\.db\.backends\.oracle",
    "ORACLE|ORA|TNS",
)
SQL_SERVER = OtherDatabase(
    "Microsoft SQL Server",
    ("pymssql", "pyodbc", "aioodbc", "python-tds", "mssql-python", "mssql-django", "django-mssql-backend"),
    ("pymssql", "pyodbc", "aioodbc", "pytds", "mssql_python", "mssql"),
    "mssql",
    r"mssql|sql_server\.pyodbc",
    "MSSQL|SQLSERVER|SQL_SERVER|AZURE_SQL",
)
OTHERS = (ORACLE, SQL_SERVER)

ADDRESS = regex(r"(\w+_)?(URL|URI|DSN|STRING|HOST|HOSTNAME|SERVER|CONNECTION)")
GENERIC = regex(
    r"(\w+_)?(DATABASE|DB|SQLALCHEMY_DATABASE|ODBC|CONNECTION)_?(URL|URI|DSN|STRING|HOST|SERVER)?"
)
MICROSOFT = regex(r"ODBC(?: |\+|%20)Driver(?: |\+|%20)(\d+)(?: |\+|%20)for(?: |\+|%20)SQL", re.IGNORECASE)
THICK = regex(r"\binit_oracle_client\(|\bcx_Oracle\b")
# drivers of ODBC that Debian has, as connection strings name them
DRIVER = regex(r"\bdriver\s*=\s*[{(]?(FreeTDS|PostgreSQL(?: |\+)(?:Unicode|ANSI))\b", re.IGNORECASE)
LIBRARIES = {"f": "libtdsodbc.so", "u": "psqlodbcw.so", "a": "psqlodbca.so"}


def other_databases(
    sources: Sources, reached: Reached, dependencies: ChosenDependencies
) -> Iterator[Decision]:
    """A warning for each that the app's code uses, by an import or an address; none for a client alone."""
    for one in OTHERS:
        client = next((name for name in one.distributions if name in dependencies.names), "")
        if not client:
            continue
        traces = traces_of(sources, reached)
        stated = (found.evidence for found in traces.stated if found.scheme == one.scheme)
        places = (*_addresses(one, sources, reached), *_imports(one, traces), *stated)
        if not places or (one is SQL_SERVER and _goes_elsewhere(sources, reached, dependencies)):
            continue
        names = tuple(dict.fromkeys(_variables(one, traces)))
        told = f"give its address in {', '.join(names[:4])}" if names else "the code itself has its address"
        summary = f"Warning: the app uses {one.title} ({client}), which okamochi does not start: {told}"
        yield Decision.detected(
            "services", summary + _besides(one, sources, reached), tuple(dict.fromkeys(places))[:4]
        )


def odbc_needs(sources: Sources, reached: Reached) -> Iterator[NativeNeed]:
    """The libraries of drivers that connection strings name: ODBC's manager opens them by their names."""
    for path in reached.paths:
        text = sources.text(path)
        for found in DRIVER.finditer(text) if "odbc" in text else ():
            name = found[1].replace("+", " ")
            library = LIBRARIES[name.rpartition(" ")[2][0].lower()]
            yield NativeNeed(
                kind=NeedKind("library"),
                names=(library,),
                path=path,
                line=line_of(found),
                reason=f"names ODBC's driver {name}",
            )


def _imports(one: OtherDatabase, traces: Traces) -> Iterator[Evidence]:
    yield from (found.evidence for found in traces.imports if found.module in one.modules)


def _addresses(one: OtherDatabase, sources: Sources, reached: Reached) -> Iterator[Evidence]:
    for path in reached.paths:
        text = sources.text(path)
        if one.scheme not in text and "sql_server" not in text:
            continue
        for found in re.finditer(rf"\b{one.scheme}(?:\+\w+)?:/|[\"'](?:{one.engines})[\"']", text):
            reason = f"names {one.title}: {found[0].strip(chr(34) + chr(39))}"
            yield Evidence(path=path, line=line_of(found), reason=reason)


def _variables(one: OtherDatabase, traces: Traces) -> Iterator[str]:
    """Those with a default of its own, or of which an environment file says it, or their names; else the
    usual ones for any database."""
    own = rf"(\w+_)?({one.stems})(_\w+)?"
    stated = {found.name for found in traces.stated if found.scheme == one.scheme}
    said = [
        read.name
        for read in traces.variables
        if read.name in stated
        or _scheme(read.default or "") == one.scheme
        or (re.fullmatch(own, read.name) and ADDRESS.fullmatch(read.name))
    ]
    yield from said or (read.name for read in traces.variables if GENERIC.fullmatch(read.name))


def _scheme(text: str) -> str:
    found = FOREIGN_URL.match(text)
    return found[1] if found is not None else ""


def _goes_elsewhere(sources: Sources, reached: Reached, dependencies: ChosenDependencies) -> bool:
    """pyodbc whose connection strings name a driver for another database."""
    if dependencies.names & (set(SQL_SERVER.distributions) - {"pyodbc", "aioodbc"}):
        return False
    texts = [sources.text(path) for path in reached.paths if "odbc" in sources.text(path)]
    named = [found[1].lower() for text in texts for found in DRIVER.finditer(text)]
    return bool(named) and all(name.startswith("postgresql") for name in named)


def _besides(one: OtherDatabase, sources: Sources, reached: Reached) -> str:
    """What the client needs that neither a wheel nor Debian has."""
    for path in reached.paths:
        text = sources.text(path)
        if one is ORACLE and "racle" in text and THICK.search(text):
            return (
                ". Oracle's client libraries, which its code loads, are not in Debian: oracledb in its thin "
                "mode needs none"
            )
        found = MICROSOFT.search(text) if one is SQL_SERVER else None
        if found is not None:
            return (
                f". ODBC Driver {found[1]} for SQL Server is Microsoft's and not in Debian: name the driver "
                "FreeTDS, which is, or use pymssql"
            )
    return ""
