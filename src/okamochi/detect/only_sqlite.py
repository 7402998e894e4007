"""A database that nobody gives, in a project that asks for no driver: SQLite, which Python itself brings."""

from collections.abc import Iterable

from okamochi.detect.dependencies import ChosenDependencies
from okamochi.detect.environment_reads import reads_of
from okamochi.detect.python_source import Sources
from okamochi.detect.writable_folders import Written
from okamochi.model.evidence import Evidence
from okamochi.model.plan import APP_ROOT
from okamochi.model.process import EnvironmentVariable
from okamochi.system.patterns import regex

__all__ = ["has_another_driver", "only_sqlite"]

ADDRESS_KEY = "SQLALCHEMY_DATABASE_URI"
EXTENSIONS = ("flask-sqlalchemy", "flask-sqlalchemy-lite", "flask-migrate")
# packages that bring SQLAlchemy another dialect or the driver of one: https://docs.sqlalchemy.org/en/20/dialects/
DRIVERS = regex(
    r".*(psycopg|pg8000|asyncpg|postgres|mysql|maria|oracle|odbc|mssql|tds|db2|ibm|snowflake|bigquery|spanner|duckdb"
    r"|clickhouse|cockroach|libsql|turso|redshift|trino|presto|hive|athena|databricks|firebird|hana|sybase|access).*"
)


def has_another_driver(names: Iterable[str]) -> bool:
    """Whether one of the packages speaks to a database other than SQLite."""
    return any(map(DRIVERS.fullmatch, names))


def only_sqlite(
    sources: Sources, environment: Iterable[EnvironmentVariable], dependencies: ChosenDependencies
) -> tuple[Written, ...]:
    """The file that a required variable has to name, with that variable; nothing where a driver or a dialect
    is asked for."""
    if dependencies.names.isdisjoint(EXTENSIONS) or has_another_driver(dependencies.names):
        return ()
    required = {one.name for one in environment if one.required}
    for module in sources.mentioning(ADDRESS_KEY) if required else ():
        for read in reads_of(module, sources):
            if read.used_as == ADDRESS_KEY and read.name in required:
                path = f"{APP_ROOT}/app.db"
                reason = f"no driver of a database is asked for, so it is SQLite: {path}"
                evidence = Evidence(path=module.path, line=read.line, reason=reason)
                return (Written(path, True, evidence, read.name, "sqlite:///"),)
    return ()
