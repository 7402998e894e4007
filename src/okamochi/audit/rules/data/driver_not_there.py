"""An address leaves the driver to SQLAlchemy, which takes one that the project does not install.

`postgresql://` meant psycopg2 up to SQLAlchemy 2.0, and means psycopg (version 3) from 2.1 on. Requirements
that name psycopg2 and no upper bound of SQLAlchemy worked until 2.1 came out: an image that is built today
ends at its start with "ModuleNotFoundError: No module named 'psycopg'".

Fix: the driver in the address, `postgresql+psycopg2://`, or `psycopg[binary]` installed in psycopg2's place.

Okamochi: the addresses of its services name the driver that the project installs.

See: https://docs.sqlalchemy.org/en/21/changelog/migration_21.html
"""

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from okamochi.audit.declared import LOCKS, Line, requirement_lines
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.system.patterns import regex

SEVERITY = Severity.WARNING
WITHOUT_DRIVER = regex(r"postgresql://.*")
USES_SQLALCHEMY = frozenset(["sqlalchemy", "flask-sqlalchemy", "flask-sqlalchemy-lite", "sqlmodel"])
OLD_DRIVERS = frozenset(["psycopg2", "psycopg2-binary"])
NEW_DRIVER = frozenset(["psycopg", "psycopg-binary"])
CHANGED_IN = "2.1.0"


def look(setup: Setup) -> Finds:
    driver = missing_driver(setup)
    if driver is None:
        return
    told: set[tuple[str, int]] = set()
    for container in setup.production:
        for one in container.environment if container.own else ():
            if (one.path, one.line) in told or WITHOUT_DRIVER.fullmatch(one.value or "") is None:
                continue
            told.add((one.path, one.line))
            yield Found(
                path=one.path,
                line=one.line,
                message=f"{one.name} names no driver: SQLAlchemy 2.1 takes psycopg, and {driver.path} has "
                f"{driver.name}",
                hint="postgresql+psycopg2://, or psycopg[binary] among the requirements",
            )


def missing_driver(setup: Setup) -> Line | None:
    """The line of psycopg2 where nothing installs psycopg, SQLAlchemy may be a new one, and no code says the
    driver. A lock knows better, and is left alone."""
    if any(setup.project.files(f"**/{name}") for name in LOCKS):
        return None
    paths = setup.project.files("**/*requirements*.txt")
    lines: dict[str, Line] = {
        canonicalize_name(one.name): one for path in paths for one in requirement_lines(path, setup)
    }
    old = next((lines[name] for name in sorted(OLD_DRIVERS) if name in lines), None)
    if old is None or not NEW_DRIVER.isdisjoint(lines) or USES_SQLALCHEMY.isdisjoint(lines):
        return None
    if "sqlalchemy" in lines and not admits(lines["sqlalchemy"].version):
        return None
    if any("+psycopg" in (setup.project.read_text(path) or "") for path in setup.project.files("**/*.py")):
        return None
    return old


def admits(version: str) -> bool:
    """Whether a requirement takes the release that changed it; unreadable ones take nothing."""
    try:
        return SpecifierSet(version).contains(CHANGED_IN)
    except InvalidSpecifier:
        return False
