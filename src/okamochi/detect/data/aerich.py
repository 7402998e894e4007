"""Aerich, which migrates the tables of Tortoise: its configuration and its command.

https://github.com/tortoise/aerich: [tool.aerich] of pyproject.toml, before 0.6 aerich.ini; one folder of
migrations an app, of Python or, before 0.7, SQL.
"""

import posixpath
import re

from okamochi.detect.base import Detected
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Evidence
from okamochi.model.plan import VENV_ROOT
from okamochi.pypi.manifests.setuptools_files import setup_cfg_sections
from okamochi.system.data_text import toml_of
from okamochi.system.patterns import line_of, regex

__all__ = ["generated_schemas", "upgrade_of_aerich"]

INI = "aerich.ini"
PYPROJECT = "pyproject.toml"
USUAL = "./migrations"
MIGRATION = regex(r"\d+_\w+\.(?:py|sql)")
GENERATES = regex(r"\bgenerate_schemas\s*=\s*True\b|\bTortoise\.generate_schemas\(")


def upgrade_of_aerich(sources: Sources) -> Detected[tuple[str, ...]] | None:
    """None without a configuration, or where no migration was made yet."""
    for path, options in ((PYPROJECT, ()), (INI, ("--config", INI))):
        text = sources.project.read_text(path) or ""
        if "aerich" not in text:
            continue
        location = _location(path, text)
        if location is not None and _has_migrations(sources, location):
            argv = (f"{VENV_ROOT}/bin/aerich", *options, "upgrade")
            return Detected(argv, (Evidence(path=path, reason="Aerich's migrations"),))
    return None


def generated_schemas(sources: Sources, reached: Reached) -> Evidence | None:
    """Where the app makes its tables itself when it starts: a migration would make each a second time."""
    for path in reached.paths:
        found: re.Match[str] | None = GENERATES.search(sources.text(path))
        if found is not None:
            return Evidence(
                path=path, line=line_of(found), reason=f"{found[0].strip('(')} when the app starts"
            )
    return None


def _location(path: str, text: str) -> str | None:
    if path == INI:
        section = setup_cfg_sections(text).get("aerich")
        return section.get("location", USUAL) if section is not None else None
    table = (toml_of(text) or {}).get("tool")
    own = table.get("aerich") if isinstance(table, dict) else None
    return str(own.get("location", USUAL)) if isinstance(own, dict) else None


def _has_migrations(sources: Sources, location: str) -> bool:
    folder = posixpath.normpath(location)
    if folder.startswith(("/", "..")):
        return False
    paths = sources.project.files("*/*", within="" if folder == "." else folder)
    return any(MIGRATION.fullmatch(posixpath.basename(path)) for path in paths)
