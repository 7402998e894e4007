"""Alembic's own address of the database, fixed in alembic.ini, where no container has one.

    sqlalchemy.url = postgresql://me:secret@localhost/shop

env.py of Alembic's template takes it as it is. The release gives Alembic the app's own address in its place;
without a variable that holds one, the plan warns.
"""

import posixpath

import msgspec

from okamochi.detect.source.sources import Sources
from okamochi.model.backing_service import BackingService
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import VENV_ROOT
from okamochi.model.process import Process, ProcessType
from okamochi.pypi.manifests.setuptools_files import setup_cfg_sections
from okamochi.system.patterns import regex

__all__ = ["with_the_apps_address"]

CONFIGURATION = "alembic.ini"
UPGRADE = (f"{VENV_ROOT}/bin/alembic", "upgrade", "head")
FIELD = "processes.release.argv"
# a name without dots is a service of a Compose file, whose password is another one here
FIXED = regex(
    r"(?P<scheme>[a-z][\w+]*)://(?:[^@/\s]*@)?"
    r"(?P<host>localhost|127(?:\.\d+){3}|0\.0\.0\.0|[A-Za-z][\w-]*)(?::\d+)?(?:/.*)?"
)
TAKES_IT = regex(r"engine_from_config\(")
OTHER_ADDRESS = regex(
    r"set_main_option|set_section_option|environ|getenv|create_(?:async_)?engine\(|[\"']sqlalchemy\.url[\"']\]\s*="
)
OWN_MACHINE = ("localhost", "127.0.0.1")
PLACEHOLDER = "driver"
PROGRAM = """\
import os, alembic.command as c, alembic.config as a; f = a.Config({configuration!r}); \
f.set_main_option('sqlalchemy.url', {address}.replace('%', '%%')); c.upgrade(f, 'head')"""


def with_the_apps_address(
    processes: tuple[Process, ...],
    decisions: tuple[Decision, ...],
    services: tuple[BackingService, ...],
    sources: Sources,
) -> tuple[tuple[Process, ...], tuple[Decision, ...]]:
    """Where the release is `alembic upgrade head` and nothing but alembic.ini says where the database is."""
    release = next((one for one in processes if one.type is ProcessType.RELEASE), None)
    found = fixed_address(sources) if release is not None and release.argv == UPGRADE else None
    if found is None:
        return processes, decisions
    scheme, host, place = found
    variable = next(
        (
            variable.name
            for service in services
            for variable in service.variables
            if scheme == PLACEHOLDER or database_of(variable.template) == database_of(scheme)
        ),
        "",
    )
    if not variable and host not in OWN_MACHINE:
        return processes, decisions
    if not variable:
        summary = (
            "Warning: alembic upgrade head goes to this machine, as alembic.ini says; let env.py read "
            "a variable: config.set_main_option('sqlalchemy.url', os.environ['DATABASE_URL'])"
        )
        warning = Decision.detected(FIELD, summary, (place,))
        return processes, (*decisions, warning)
    address = f"os.environ[{variable!r}]"
    if scheme != PLACEHOLDER:  # which names the driver that env.py can use
        address = f"('{scheme}://' + {address}.partition('://')[2])"
    program = PROGRAM.format(configuration=CONFIGURATION, address=address)
    argv = (f"{VENV_ROOT}/bin/python", "-c", program)
    return (
        tuple(msgspec.structs.replace(one, argv=argv) if one is release else one for one in processes),
        tuple(_as_given(one, variable, place) if one.field == FIELD else one for one in decisions),
    )


def fixed_address(sources: Sources) -> tuple[str, str, Evidence] | None:
    """Scheme and host of alembic.ini's address, and where it stands; None when env.py takes another."""
    text = sources.project.read_text(CONFIGURATION) or ""
    section = setup_cfg_sections(text).get("alembic", {})
    found = FIXED.fullmatch(section.get("sqlalchemy.url", "").strip())
    folder = section.get("script_location", "").replace("%(here)s", ".")
    script = sources.project.read_text(posixpath.normpath(posixpath.join(folder, "env.py"))) or ""
    if found is None or TAKES_IT.search(script) is None or OTHER_ADDRESS.search(script) is not None:
        return None
    line = next(
        number for number, one in enumerate(text.splitlines(), start=1) if one.startswith("sqlalchemy.url")
    )
    place = Evidence(path=CONFIGURATION, line=line, reason="fixes the address of the database")
    return found["scheme"], found["host"], place


def database_of(address: str) -> str:
    """ "postgresql" of postgresql+psycopg://...; "" of a host alone."""
    scheme, _, rest = address.partition("://")
    name = scheme.partition("+")[0]
    return {"postgres": "postgresql", "mariadb": "mysql"}.get(name, name) if rest or address == scheme else ""


def _as_given(decision: Decision, variable: str, place: Evidence) -> Decision:
    return msgspec.structs.replace(
        decision,
        summary=f"{decision.summary}, with the address in {variable}",
        evidence=(*decision.evidence, place),
    )
