"""A database that nobody gives, in a project that asks for no driver: SQLite, which Python itself brings."""

import ast
from collections.abc import Iterable, Iterator

from okamochi.detect.data.writable_folders import Written
from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import walk
from okamochi.detect.variables.environment_reads import reads_of
from okamochi.detect.variables.prefixed_reads import ADDRESS_KEY, ELSEWHERE
from okamochi.model.evidence import Evidence
from okamochi.model.plan import APP_ROOT
from okamochi.model.process import EnvironmentVariable
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import regex

__all__ = ["has_another_driver", "only_sqlite"]

LIBRARIES = ("sqlalchemy", "sqlmodel")
ENGINES = ("sqlalchemy.create_engine", "sqlmodel.create_engine", "sqlalchemy.engine.create_engine")
READ_WHOLE = frozenset(["dj_db_url", "db", "db_url", "config", "parse"])
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
    """The file that variables have to name which are required, or which alone set the key of Flask-SQLAlchemy
    (with none it refuses to start, and before 3.0 kept everything in memory). Nothing where a driver or a
    dialect is asked for."""
    known = (*LIBRARIES, *EXTENSIONS, "django")
    if dependencies.names.isdisjoint(known) or has_another_driver(dependencies.names):
        return ()
    required = {one.name for one in environment if one.required}
    places = () if dependencies.names.isdisjoint(EXTENSIONS) else _of_the_extension(sources, required)
    first: dict[str, Place] = {}
    for name, place in (*places, *_of_engines(sources, required), *_of_django(sources, required)):
        first.setdefault(name, place)
    path = f"{APP_ROOT}/app.db"
    reason = f"no driver of a database is asked for, so it is SQLite: {path}"
    return tuple(
        Written(path, True, Evidence(path=where, line=line, reason=reason), name, "sqlite:///")
        for name, (where, line) in first.items()
    )


Place = tuple[str, int]


def _of_the_extension(sources: Sources, required: set[str]) -> Iterator[tuple[str, Place]]:
    """app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["STORE_ADDRESS"], in one or several configurations;
    none for tests, which would empty the app's own database."""
    modules = tuple(sources.mentioning(ADDRESS_KEY))
    found = [(read, module) for module in modules for read in reads_of(module, sources)]
    places = [(read, module) for read, module in found if read.used_as == ADDRESS_KEY]
    named = sum(module.text.count(ADDRESS_KEY) for module in modules)
    set_by_them = not any(True for _ in sources.mentioning(*ELSEWHERE)) and named == sum(
        1 + (read.name == ADDRESS_KEY) for read, _ in places
    )
    for read, module in places:
        alone = set_by_them and not read.has_default and "TEST" not in read.name.upper()
        if read.name in required or alone:
            yield read.name, (module.path, read.line)


def _of_engines(sources: Sources, required: set[str]) -> Iterator[tuple[str, Place]]:
    """create_engine(settings.database_url), whose field is the variable DATABASE_URL, also by a name of the
    module's own. An address that is put together from several is another thing. None is no address:
    create_engine(os.getenv("DATABASE_URL")) needs it, too."""
    for module in sources.mentioning("create_engine"):
        for call in module.of(ast.Call):
            if module.imports.full(call.func) in ENGINES and call.args:
                for value in (call.args[0], *_assigned_to(call.args[0], module)):
                    named = sorted(_words(value) & (required | _taken_bare(value, module, sources)))
                    if len(named) == 1:
                        yield named[0], (module.path, call.lineno)


def _taken_bare(value: ast.expr, module: Module, sources: Sources) -> set[str]:
    """The variable that an expression is, with nothing in its place and no look at whether it is there."""
    if not isinstance(value, ast.Call | ast.Subscript):
        return set()
    reads = [one for one in reads_of(module, sources) if not one.has_default and not one.branched]
    looks = {word for one in module.of(ast.If, ast.IfExp) for word in _words(one.test)}
    held = {one.name for one in reads if not looks.intersection((one.name.upper(), one.used_as.upper()))}
    return held & {str(one.value) for one in walk(value) if isinstance(one, ast.Constant)}


def _of_django(sources: Sources, required: set[str]) -> Iterator[tuple[str, Place]]:
    """DATABASES = {"default": env.dj_db_url("DATABASE_URL")}, of environs; dj-database-url and django-environ
    have the like."""
    for module in sources.mentioning("DATABASES"):
        for statement in module.of(ast.Assign):
            if not any(isinstance(one, ast.Name) and one.id == "DATABASES" for one in statement.targets):
                continue
            for call in walk(statement.value):
                if isinstance(call, ast.Call) and last_name(call.func) in READ_WHOLE:
                    for name in sorted(_words(call) & required):
                        yield name, (module.path, call.lineno)


def _assigned_to(value: ast.expr, module: Module) -> tuple[ast.expr, ...]:
    if not isinstance(value, ast.Name):
        return ()
    return tuple(
        one.value
        for one in module.of(ast.Assign)
        if any(isinstance(target, ast.Name) and target.id == value.id for target in one.targets)
    )


def _words(value: ast.expr) -> set[str]:
    """Names, attributes and texts of an expression, in capitals."""
    found: set[str] = set()
    for node in walk(value):
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.Constant(value=str(word)):
                found.add(word.upper())
            case _:
                pass
    return found
