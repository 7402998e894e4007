"""Which files of each package a lock file lists: uv.lock, poetry.lock, pdm.lock, pylock.toml."""

import posixpath
from collections.abc import Iterator
from typing import Any

from okamochi.audit.setup import Dockerfile, Setup
from okamochi.system.data_text import NoDataError, toml_of

__all__ = ["locked_files"]

LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")


def locked_files(setup: Setup, file: Dockerfile) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The lock beside a Dockerfile or at the root, and file names by package; nothing without one."""
    folders = dict.fromkeys((posixpath.dirname(file.path), ""))
    for path in (posixpath.join(folder, name) for folder in folders for name in LOCKS):
        text = setup.project.read_text(path)
        if text is None:
            continue
        try:
            table = toml_of(text)
        except NoDataError:
            return path, {}
        return path, dict(of_table(table))
    return "", {}


def of_table(table: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for package in table.get("package") or table.get("packages") or ():
        if isinstance(package, dict):
            listed = [*(package.get("files") or ()), *(package.get("wheels") or ())]
            names = tuple(name_of(one) for one in listed if isinstance(one, dict))
            yield str(package.get("name", "")), tuple(name for name in names if name)


def name_of(one: dict[str, Any]) -> str:
    said = one.get("file") or one.get("name") or one.get("filename") or one.get("url") or ""
    return posixpath.basename(str(said))
