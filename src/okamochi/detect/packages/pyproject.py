"""The parts of pyproject.toml that a plan needs, with the lines they stand on."""

import re
from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from okamochi.errors import DetectionError
from okamochi.system.data_text import NoDataError, toml_of
from okamochi.system.project_files import ProjectFiles, text_if_there
from okamochi.system.tables import items_of, table_of

__all__ = ["PATH", "Pyproject", "read_pyproject"]

PATH = "pyproject.toml"
MOST_NESTED = 50
MOST_SHOWN = 10


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

    def group(self, name: str) -> tuple[str, ...]:
        """The specifiers of a group and of those that it includes. DetectionError for a group that includes
        itself (PEP 735)."""
        found: dict[str, None] = {}
        tables = {str(canonicalize_name(one)): listed for one, listed in self.group_tables.items()}
        self._collect(canonicalize_name(name), tables, found, set(), ())
        return tuple(found)

    def _collect(
        self, name: str, tables: dict[str, Any], found: dict[str, None], done: set[str], way: tuple[str, ...]
    ) -> None:
        if name in way or len(way) > MOST_NESTED:
            chain = " -> ".join((*way[-MOST_SHOWN:], name))
            raise DetectionError(
                f"the dependency group {name} includes itself: {chain}"
                if name in way
                else f"dependency groups include each other more than {MOST_NESTED} deep: … {chain}",
                where=f"{PATH}:{line}" if (line := self.line_of(way[-1])) else PATH,
                hint="remove one of these include-group entries; what both need goes into a third group",
            )
        if name in done:
            return
        done.add(name)
        for one in items_of(tables.get(name)):
            if isinstance(one, dict):
                included = canonicalize_name(str(one.get("include-group", "")))
                self._collect(included, tables, found, done, (*way, name))
            else:
                found[str(one)] = None

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
        tables = table_of(self.project, "optional-dependencies")
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
    text = text_if_there(project, PATH)
    try:
        tables = toml_of(text)
    except NoDataError as error:
        raise DetectionError(
            f"{PATH} is not valid TOML: {error}",
            where=f"{PATH}:{error.line}" if error.line else PATH,
            hint="correct the file; https://toml.io shows the syntax",
        ) from error
    groups = table_of(tables, "dependency-groups")
    return Pyproject(text, table_of(tables, "project"), table_of(tables, "tool"), groups)
