"""requirements-lock.txt beside requirements.txt: what `pip freeze` wrote, and `pip install -c` takes.

Its pins are constraints: the newest of what requirements bring along may fit together no more.
"""

import posixpath
from collections.abc import Iterable

from okamochi.errors import OkamochiError
from okamochi.pypi.requirements import read_requirements
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["frozen_versions"]

FROZEN = regex(r"(?i)(?:.*[-_.])?(?:lock(?:ed)?|freeze|frozen|constraints?)(?:[-_.].*)?")


def frozen_versions(project: ProjectFiles, path: str, others: Iterable[str]) -> str:
    """The one of the `others` beside a requirement file that pins all that the file asks for, each at a
    version that it admits; "" when none does."""
    asked = read_requirements(project, (path,)).lines
    for other in others:
        stem = posixpath.basename(other).rpartition(".")[0]
        beside = posixpath.dirname(other) == posixpath.dirname(path)
        if beside and FROZEN.fullmatch(stem):
            pins = _pins(project, other)
            if asked and all(_fits(line.specifier, pins.get(line.name, "")) for line in asked):
                return other
    return ""


def _pins(project: ProjectFiles, path: str) -> dict[str, str]:
    """By name; none when a line of the file is no pin."""
    found: dict[str, str] = {}
    try:
        lines = read_requirements(project, (path,)).lines
    except OkamochiError:
        return {}
    for line in lines:
        wanted = parsed_specifier(line.specifier)
        exact = (
            [one.version for one in wanted.specifier if one.operator == "=="] if wanted is not None else []
        )
        if len(exact) != 1 or exact[0].endswith("*"):
            return {}
        found[line.name] = exact[0]
    return found


def _fits(specifier: str, version: str) -> bool:
    wanted = parsed_specifier(specifier)
    try:
        return bool(version) and wanted is not None and wanted.specifier.contains(version, prereleases=True)
    except ValueError:  # no version of the index
        return False
