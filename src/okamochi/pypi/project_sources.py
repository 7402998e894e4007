"""What the project itself says about package indexes: its requirement files and [tool.uv] in pyproject.toml.

uv never sees the project's own pyproject.toml: it runs in an empty folder with a pyproject.toml that holds
only the settings below, so that no other setting of the project (a Python to download, a workspace, build
options) can surprise a build.
"""

import json
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from okamochi.errors import DetectionError, PlanError
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.system.data_text import NoDataError, toml_of
from okamochi.system.project_files import ProjectFiles
from okamochi.system.words import word_tuple

__all__ = ["ProjectSources", "read_project_sources"]

TAKEN_KEYS = word_tuple(
    "index index-url extra-index-url find-links index-strategy exclude-newer constraint-dependencies "
    "override-dependencies prerelease"
)
PATH_KEYS = ("index-url", "extra-index-url", "find-links")


class ProjectSources(msgspec.Struct, frozen=True):
    """`settings` are (key, value) of [tool.uv]; `sources` are packages tied to a named index of theirs."""

    settings: tuple[tuple[str, Any], ...] = ()
    sources: tuple[tuple[str, Any], ...] = ()

    def of_any_day(self) -> "ProjectSources":
        """Without exclude-newer: what a lock pins was admitted when it was locked, and an index that does not
        tell when a file came would have none of it."""
        kept = tuple(one for one in self.settings if one[0] != "exclude-newer")
        return ProjectSources(kept, self.sources)

    def pyproject(self, dependencies: tuple[str, ...]) -> str:
        """The text of the pyproject.toml that stands in for the project's."""
        lines = ["[project]", 'name = "okamochi-resolution"', 'version = "0"']
        lines.append(f"dependencies = {_toml(list(dependencies))}")
        lines.append("[tool.uv]")
        lines.extend(f"{key} = {_toml(value)}" for key, value in self.settings)
        lines.append("[tool.uv.sources]")
        lines.extend(f"{_toml(name)} = {_toml(value)}" for name, value in self.sources)
        return "\n".join(lines) + "\n"


def read_project_sources(project: ProjectFiles, inline: tuple[str, ...] = ()) -> ProjectSources:
    """From uv.toml (which hides pyproject.toml's table, as for uv) and [tool.uv].

    PlanError when a specifier of `inline` is redirected to a folder, a git address or a workspace member.
    """
    pyproject = _table(project, "pyproject.toml")
    tool = pyproject.get("tool", {})
    from_pyproject = tool.get("uv", {}) if isinstance(tool, Mapping) else {}
    settings = _table(project, "uv.toml") if project.exists("uv.toml") else from_pyproject
    taken = {key: _placed(project, key, settings[key]) for key in TAKEN_KEYS if key in settings}
    sources = from_pyproject.get("sources", {}) if isinstance(from_pyproject, Mapping) else {}
    return ProjectSources(tuple(sorted(taken.items())), _index_sources(sources, inline))


def _table(project: ProjectFiles, path: str) -> Mapping[str, Any]:
    text = project.read_text(path)
    if text is None:
        return {}
    try:
        return toml_of(text)
    except NoDataError as problem:
        raise DetectionError(
            f"this is no valid TOML: {problem}", where=path, hint="correct the file; uv refuses it as well"
        ) from None


def _index_sources(sources: Mapping[str, Any], inline: tuple[str, ...]) -> tuple[tuple[str, Any], ...]:
    wanted = {_name(specifier) for specifier in inline}  # those with a place of their own are built
    kept: list[tuple[str, Any]] = []
    for name, value in sorted(sources.items()):
        if canonicalize_name(name) not in wanted:
            continue
        alternatives = value if isinstance(value, list) else [value]
        if not all(isinstance(item, dict) and "index" in item for item in alternatives):
            raise PlanError(
                f"{name} comes from a place that cannot be read",
                where=f"pyproject.toml, tool.uv.sources.{name}",
                hint="name an index, a git address, or a folder of this checkout or workspace",
            )
        kept.append((name, value))
    return tuple(kept)


def _name(specifier: str) -> str:
    asked = parsed_specifier(specifier)
    return "" if asked is None or asked.url else canonicalize_name(asked.name)


def _placed(project: ProjectFiles, key: str, value: Any) -> Any:
    """Relative paths made absolute, because uv runs in another folder."""
    if key in PATH_KEYS:
        listed = [_absolute(project, item) for item in (value if isinstance(value, list) else [value])]
        return listed if isinstance(value, list) else listed[0]
    if key == "index" and isinstance(value, list):
        return [{**item, "url": _absolute(project, item.get("url", ""))} for item in value]
    return value


def _absolute(project: ProjectFiles, location: Any) -> Any:
    if not isinstance(location, str) or "://" in location or location.startswith("/") or project.root is None:
        return location
    return str(Path(project.root) / posixpath.normpath(location))


def _toml(value: Any) -> str:
    """TOML takes JSON's strings, numbers, booleans and arrays; only tables look different."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(str(key))} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, (str, bool, int)):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(str(value), ensure_ascii=False)
