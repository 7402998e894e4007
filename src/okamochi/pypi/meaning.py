"""What the files that name the dependencies mean, whatever comments, blanks and settings of other programs
stand beside it: as long as that is the same, a lock fits."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace
from packaging.utils import canonicalize_name

from okamochi.model.plan import Dependencies, DependencyManager
from okamochi.pypi.manifests.package_facts import MANIFESTS
from okamochi.pypi.requirement_text import logical_lines
from okamochi.pypi.requirements import read_requirements
from okamochi.system.data_text import NoDataError, toml_of
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["meaning"]

PYPROJECT = "pyproject.toml"
PIPFILE = "Pipfile"
TABLES = ("project", "build-system", "dependency-groups")
WORD = regex(r"[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*")
MANAGERS = frozenset(one.value for one in DependencyManager)


def meaning(project: ProjectFiles, dependencies: Dependencies) -> tuple[Dependencies, list[tuple[str, str]]]:
    """What is asked for, and path and digest of each file that the resolution reads, sorted. Code that only
    imports is none of them: what is taken from its imports stands in the plan, whichever module has them."""
    if dependencies.manager is DependencyManager.IMPORTS:
        manifests = sorted(one for one in dependencies.input_files if not one.endswith(".py"))
        named = replace(dependencies, input_files=tuple(manifests))
        return named, [
            (one, hashlib.sha256(meaning_of(project, one, lists=())).hexdigest()) for one in manifests
        ]
    asked = read_requirements(project, dependencies.files, constraint_files=dependencies.constraint_files)
    return dependencies, [
        (path, hashlib.sha256(meaning_of(project, path, lists=asked.input_files)).hexdigest())
        for path in sorted(dependencies.input_files)
    ]


def meaning_of(project: ProjectFiles, path: str, *, lists: tuple[str, ...]) -> bytes:
    """Of a requirement file (`lists`) its lines, of pyproject.toml what concerns packages; of all else every
    byte."""
    name = path.rpartition("/")[2]
    listed = name not in MANIFESTS and (path in lists or name.endswith(".txt"))
    text = project.read_text(path) if listed or name in (PYPROJECT, PIPFILE) else None
    if text is None:
        return project.read_bytes(path) or b""
    if listed:
        return "\n".join(" ".join(line.split()) for _, line in logical_lines(text)).encode()
    try:
        data = toml_of(text)
    except NoDataError:
        return text.encode()
    return msgspec.json.encode(packaging_tables(data) if name == PYPROJECT else data, order="deterministic")


def packaging_tables(data: Mapping[str, Any]) -> dict[str, Any]:
    """Without the tables of programs that neither lock nor build: of linters, of tests, of okamochi."""
    tool = data.get("tool", {})
    builders = tuple(builder_names(data.get("build-system", {})))
    kept = {name: data[name] for name in TABLES if name in data}
    if not isinstance(tool, dict):
        return kept
    return {**kept, "tool": {name: tool[name] for name in tool if concerns_packages(name, builders)}}


def concerns_packages(table: str, builders: tuple[str, ...]) -> bool:
    """[tool.hatch] is read by hatchling, [tool.setuptools_scm] by setuptools-scm."""
    own = canonicalize_name(table)
    return table in MANAGERS or any(builder.startswith(own) for builder in builders)


def builder_names(table: object) -> Iterator[str]:
    """What builds the project: the backend, and what it asks for."""
    if not isinstance(table, dict):
        return
    required = table.get("requires", [])
    for one in (table.get("build-backend"), *(required if isinstance(required, list) else ())):
        found = WORD.match(one) if isinstance(one, str) else None
        if found is not None:
            yield canonicalize_name(found[0])
