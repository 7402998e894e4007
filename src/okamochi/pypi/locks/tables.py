"""Reads the tables of lock files: hostile until checked, with the line of each package."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from okamochi.errors import DetectionError
from okamochi.system.data_text import NoDataError, json_of, toml_of
from okamochi.system.project_files import ProjectFiles, decoded

__all__ = [
    "DamagedError",
    "Table",
    "broken",
    "file_hashes",
    "json_lock",
    "json_table",
    "list_of",
    "packages_of",
    "require_format",
    "text_of",
    "texts_of",
    "toml_lock",
    "toml_table",
]

Table = dict[str, Any]

NAME_LINE = re.compile(r'^\s*name = "([^"]+)"', re.MULTILINE)
MAJOR = re.compile(r"\d{1,9}")
MOST_BYTES = 10_000_000


class DamagedError(ValueError):
    """A value of a lock is of another kind than its format has; the message says which."""


def toml_table(project: ProjectFiles, path: str) -> Table:
    """DetectionError when the file is missing or no TOML."""
    text = lock_text(project, path)
    try:
        return loaded(text)
    except NoDataError as error:
        raise broken(path, str(error)) from error


def toml_lock(project: ProjectFiles, path: str) -> tuple[Table, dict[str, int]]:
    """A lock, read once: what it says, and the line of each package. As `toml_table` for what is none."""
    text = lock_text(project, path)
    try:
        return loaded(text), places_in(text)
    except NoDataError as error:
        raise broken(path, str(error)) from error


@lru_cache(maxsize=8)
def places_in(text: str) -> dict[str, int]:
    return lines_by_name(text)


def json_lock(project: ProjectFiles, path: str, pattern: re.Pattern[str]) -> tuple[Table, dict[str, int]]:
    """The same for JSON, whose names `pattern` finds."""
    text = lock_text(project, path)
    return _json_table(text, path), lines_by_name(text, pattern)


def lock_text(project: ProjectFiles, path: str) -> str:
    """DetectionError when the file is missing, or larger than any lock. Larger than other files may be: the
    lock of a workspace with some thousand packages has megabytes."""
    content = project.read_bytes(path, limit_bytes=MOST_BYTES)
    if content is None:
        raise broken(path, f"it cannot be read, or has more than {MOST_BYTES // 1_000_000} MB")
    return decoded(content)


@lru_cache(maxsize=8)
def loaded(text: str) -> Table:
    """Several questions are asked about one lock, and reading a large one takes long. Nobody changes it."""
    return toml_of(text)


def json_table(project: ProjectFiles, path: str) -> Table:
    return _json_table(lock_text(project, path), path)


def _json_table(text: str, path: str) -> Table:
    try:
        found = json_of(text)
    except NoDataError as error:
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


def list_of(value: object) -> Iterator[Table]:
    """The tables in a list; whatever else stands there is passed over."""
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))


def text_of(value: object) -> str:
    return value if isinstance(value, str) else ""


def texts_of(value: object, what: str) -> tuple[str, ...]:
    """A list of texts, empty when it is not there. DamagedError that names `what` when it is none."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise DamagedError(f"{what} is no list of texts: {str(value)[:60]!r}")
    return tuple(value)


def require_format(lock: str, said: object, newest: int, *, needed: bool = False) -> None:
    """DetectionError for a lock whose format counts higher than `newest`, as its own tools have it (PEP 751:
    an unknown major version is an error, an unknown minor one is not), or that does not tell what it must."""
    if said is None and not needed:
        return
    found = MAJOR.match(str(said))
    if found is None:
        raise broken(lock, "it does not tell the version of its format")
    if int(found[0]) > newest:
        raise DetectionError(
            f"{lock} is of format {str(said)[:20]}, and the newest that okamochi knows is {newest}",
            where=lock,
            hint="update okamochi, or lock again with a version of the project's tool that writes that one",
        )


def file_hashes(files: object) -> tuple[str, ...]:
    """The `hash` of each file in a list of tables, sorted; what has none, or is no list, brings none."""
    return tuple(sorted({text_of(one.get("hash")) for one in list_of(files)} - {""}))


def lines_by_name(text: str, pattern: re.Pattern[str] = NAME_LINE) -> dict[str, int]:
    """The line on which each package is first named, as `name = "..."` where `pattern` says nothing else."""
    found: dict[str, int] = {}
    line, place = 1, 0
    for match in pattern.finditer(text):
        line += text.count("\n", place, match.start(1))
        place = match.start(1)
        found.setdefault(match.group(1), line)
    return found
