"""Wheels of one image that bring the same path."""

import posixpath
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from okamochi.pypi.wheel_tree import FILES_FOLDER, WheelTree

__all__ = ["left_out_paths"]

IMPORTED = (".py", ".so", ".pth", ".pyd")
# Folders that packages put beside their code by mistake; nothing imports them from an app.
STRAY_FOLDERS = frozenset({"test", "tests", "doc", "docs", "example", "examples", "benchmark", "benchmarks"})
# An __init__.py of a shared namespace (PEP 420's older forms): each copy does the same.
NAMESPACE_MARKS = (b"extend_path", b"declare_namespace")


def left_out_paths(trees: tuple[WheelTree, ...], warn: Callable[[str], None]) -> dict[str, tuple[str, ...]]:
    """For each wheel's name the paths that an earlier wheel (by name) provides already.

    Equal files and namespace __init__.py are no matter. Of all others the first wheel's counts, with a
    warning for each pair: pip installs packages that do not need each other from the last name to the first,
    and lets the last one win. That both are asked for (psycopg2 and psycopg2-binary) is common and works
    mostly; whether it does here, the proof of the entry point tells.
    """
    holders: dict[str, list[WheelTree]] = defaultdict(list)
    for tree in sorted(trees, key=lambda tree: tree.wheel.name):
        for found in tree.files:
            holders[found.path].append(tree)
    left_out: dict[str, list[str]] = defaultdict(list)
    differing: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path, several in sorted(holders.items()):
        for later in several[1:]:
            left_out[later.wheel.name].append(path)
            if not _is_same(path, several[0], later):
                differing[_shown(several[0]), _shown(later)].append(path)
    for (first, second), paths in sorted(differing.items()):
        warn(_told(first, second, paths))
    return {name: tuple(paths) for name, paths in sorted(left_out.items())}


def _is_same(path: str, first: WheelTree, later: WheelTree) -> bool:
    return _content(first, path) == _content(later, path) or _is_namespace(path, first, later)


def _shown(tree: WheelTree) -> str:
    return f"{tree.wheel.name} {tree.wheel.version}"


def _told(first: str, later: str, paths: list[str]) -> str:
    imported = [path for path in paths if not _is_stray(path)]
    if not imported:
        return f"{first} and {later} both bring {paths[0]}; the first one's is taken"
    more = f" and {len(imported) - 1} more that differ" if len(imported) > 1 else ""
    return (
        f"{first} and {later} both bring {imported[0]}{more}: what {first} brings is taken, as pip takes it; "
        f"better remove one of the two from the requirements"
    )


def _content(tree: WheelTree, path: str) -> bytes:
    return Path(tree.root / FILES_FOLDER / path).read_bytes()


def _is_namespace(path: str, first: WheelTree, later: WheelTree) -> bool:
    if posixpath.basename(path) != "__init__.py":
        return False
    return all(any(m in _content(tree, path) for m in NAMESPACE_MARKS) for tree in (first, later))


def _is_stray(path: str) -> bool:
    top = path.partition("/site-packages/")[2].partition("/")[0]
    return not path.endswith(IMPORTED) or path.startswith("bin/") or top in STRAY_FOLDERS
