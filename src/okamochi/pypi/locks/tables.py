"""Reads the tables of lock files: hostile until checked, with the line of each package."""

import json
import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from okamochi.errors import DetectionError
from okamochi.system.project_files import ProjectFiles

__all__ = [
    "Table",
    "broken",
    "file_hashes",
    "json_table",
    "lines_by_name",
    "list_of",
    "packages_of",
    "table_of",
    "text_of",
    "texts_of",
    "toml_table",
]

Table = dict[str, Any]

NAME_LINE = re.compile(r'^\s*name = "([^"]+)"', re.MULTILINE)
TOO_DEEP = re.compile(r"[\[{][\s\[{]{60}")


def toml_table(project: ProjectFiles, path: str) -> Table:
    """DetectionError when the file is missing or no TOML."""
    text = project.read_text(path)
    if text is None:
        raise broken(path, "it cannot be read as text")
    try:
        return loaded(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise broken(path, str(error)) from error


@lru_cache(maxsize=8)
def loaded(text: str) -> Table:
    """Several questions are asked about one lock, and reading a large one takes long. Nobody changes it."""
    return tomllib.loads(text)


def json_table(project: ProjectFiles, path: str) -> Table:
    text = project.read_text(path)
    if text is None:
        raise broken(path, "it cannot be read as text")
    if TOO_DEEP.search(text):
        raise broken(path, "it is nested too deep")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise broken(path, str(error)) from error
    if not isinstance(found, dict):
        raise broken(path, "it is no table of sections")
    return found


def packages_of(table: Table, key: str, path: str) -> Iterator[Table]:
    """The list of packages that a lock is made of. DetectionError when it is something else."""
    listed = table.get(key, [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise broken(path, f"{key} is no list of packages")
    yield from listed


def broken(path: str, reason: str) -> DetectionError:
    line = re.search(r"line (\d+)", reason)
    return DetectionError(
        f"{path} is damaged: {reason}",
        where=f"{path}:{line.group(1)}" if line else path,
        hint="restore it from version control, or lock again with the project's own tool",
    )


def table_of(value: object) -> Table:
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> Iterator[Table]:
    """The tables in a list; whatever else stands there is passed over."""
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))


def text_of(value: object) -> str:
    return value if isinstance(value, str) else ""


def texts_of(value: object, what: str) -> tuple[str, ...]:
    """A list of texts, empty when it is not there. DetectionError that names `what` when it is none."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise DetectionError(
            f"the lock file is damaged: {what} is no list of texts: {str(value)[:60]!r}",
            where=what,
            hint="restore it from version control, or lock again with the project's own tool",
        )
    return tuple(value)


def file_hashes(files: object) -> tuple[str, ...]:
    """The `hash` of each file in a list of tables, sorted; what has none, or is no list, brings none."""
    return tuple(sorted({text_of(one.get("hash")) for one in list_of(files)} - {""}))


def lines_by_name(text: str) -> dict[str, int]:
    """The line of the first `name = "..."` of each package."""
    found: dict[str, int] = {}
    for match in NAME_LINE.finditer(text):
        found.setdefault(match.group(1), text.count("\n", 0, match.start(1)) + 1)
    return found
