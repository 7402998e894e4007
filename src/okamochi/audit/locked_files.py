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
    packages = [one for one in table.get("package") or table.get("packages") or () if isinstance(one, dict)]
    wanted = asked_for(packages)
    for package in packages:
        name = str(package.get("name", ""))
        if name not in wanted:
            continue
        listed = [*(package.get("files") or ()), *(package.get("wheels") or ())]
        names = tuple(name_of(one) for one in listed if isinstance(one, dict))
        yield name, tuple(one for one in names if one)


def asked_for(packages: list[dict[str, Any]]) -> frozenset[str]:
    """Names that production installs: by the groups that poetry and pdm write to each, by what uv's own
    project depends on. All of them where the lock does not tell."""
    roots = [one for one in packages if {"editable", "virtual"} & set(one.get("source") or ())]
    if not roots:
        return frozenset(str(one.get("name", "")) for one in packages if is_main(one))
    needed = {str(one.get("name", "")): names_of(one.get("dependencies")) for one in packages}
    found: set[str] = set()
    waiting = [str(one.get("name", "")) for one in roots]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needed.get(name, ())
    return frozenset(found)


def is_main(package: dict[str, Any]) -> bool:
    groups = package.get("groups") or [package.get("category") or "main"]
    return bool({"main", "default"} & set(groups))


def names_of(dependencies: object) -> tuple[str, ...]:
    listed = dependencies if isinstance(dependencies, list) else ()
    return tuple(str(one.get("name", "")) for one in listed if isinstance(one, dict))


def name_of(one: dict[str, Any]) -> str:
    said = one.get("file") or one.get("name") or one.get("filename") or one.get("url") or ""
    return posixpath.basename(str(said))
