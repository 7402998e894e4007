"""The parts of pyproject.toml that a plan needs, with the lines they stand on."""

import re
import tomllib
from typing import Any

import msgspec

from okamochi.errors import DetectionError
from okamochi.system.project_files import ProjectFiles

__all__ = ["Pyproject", "read_pyproject"]

PATH = "pyproject.toml"


class Pyproject(msgspec.Struct, frozen=True, eq=False):
    """`project` and `tool` are the tables of these names; empty when the file lacks them. `groups` are the
    names of the dependency groups (PEP 735), `group_tables` what they hold."""

    text: str
    project: dict[str, Any]
    tool: dict[str, Any]
    group_tables: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(self.group_tables)

    def group(self, name: str, seen: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """The specifiers of a group and of those that it includes."""
        listed = self.group_tables.get(name)
        found: list[str] = []
        for one in listed if isinstance(listed, list) and name not in seen else ():
            if isinstance(one, dict):
                found += self.group(str(one.get("include-group", "")), seen | {name})
            else:
                found.append(str(one))
        return tuple(dict.fromkeys(found))

    @property
    def exists(self) -> bool:
        return bool(self.text)

    @property
    def dependencies(self) -> tuple[str, ...] | None:
        """project.dependencies; None when there is no such list."""
        found = self.project.get("dependencies")
        return tuple(str(one) for one in found) if isinstance(found, list) else None

    @property
    def extras(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """project.optional-dependencies: name and specifiers, in the order of the file."""
        found = self.project.get("optional-dependencies")
        tables = found if isinstance(found, dict) else {}
        return tuple((name, tuple(map(str, one))) for name, one in tables.items() if isinstance(one, list))

    def string(self, key: str) -> str:
        value = self.project.get(key)
        return value if isinstance(value, str) else ""

    def line_of(self, key: str) -> int:
        """The first line that assigns the key; 0 when there is none."""
        for number, line in enumerate(self.text.splitlines(), start=1):
            if re.match(rf"\s*{re.escape(key)}\s*=", line):
                return number
        return 0


def read_pyproject(project: ProjectFiles) -> Pyproject:
    """pyproject.toml, or an empty one. DetectionError when it is no TOML."""
    text = project.read_text(PATH) or ""
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        raise DetectionError(
            f"{PATH} is not valid TOML: {error}",
            where=f"{PATH}:{line.group(1)}" if line else PATH,
            hint="correct the file; https://toml.io shows the syntax",
        ) from error
    groups = _table(tables, "dependency-groups")
    return Pyproject(text, _table(tables, "project"), _table(tables, "tool"), groups)


def _table(tables: dict[str, Any], key: str) -> dict[str, Any]:
    found = tables.get(key)
    return found if isinstance(found, dict) else {}
