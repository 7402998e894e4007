"""Wheels of one image that bring the same path."""

import posixpath
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from okamochi.errors import BuildError
from okamochi.pypi.wheel_tree import FILES_FOLDER, WheelTree

__all__ = ["left_out_paths"]

IMPORTED = (".py", ".so", ".pth", ".pyd")
# Folders that packages put beside their code by mistake; nothing imports them from an app.
STRAY_FOLDERS = frozenset({"test", "tests", "doc", "docs", "example", "examples", "benchmark", "benchmarks"})
# An __init__.py of a shared namespace (PEP 420's older forms): each copy does the same.
NAMESPACE_MARKS = (b"extend_path", b"declare_namespace")


def left_out_paths(trees: tuple[WheelTree, ...], warn: Callable[[str], None]) -> dict[str, tuple[str, ...]]:
    """For each wheel's name the paths that an earlier wheel (by name) provides already.

    Equal files, namespace __init__.py, programs and files that Python never imports: the first wheel's
    counts (the last two with a warning, since installers let the last one win). BuildError for all others,
    naming both.
    """
    holders: dict[str, list[WheelTree]] = defaultdict(list)
    for tree in sorted(trees, key=lambda tree: tree.wheel.name):
        for found in tree.files:
            holders[found.path].append(tree)
    left_out: dict[str, list[str]] = defaultdict(list)
    for path, several in sorted(holders.items()):
        for later in several[1:]:
            _check(path, several[0], later, warn)
            left_out[later.wheel.name].append(path)
    return {name: tuple(paths) for name, paths in sorted(left_out.items())}


def _check(path: str, first: WheelTree, later: WheelTree, warn: Callable[[str], None]) -> None:
    if _content(first, path) == _content(later, path) or _is_namespace(path, first, later):
        return
    names = f"{first.wheel.name} {first.wheel.version} and {later.wheel.name} {later.wheel.version}"
    if _is_stray(path):
        warn(f"{names} both bring {path}; the first one's is taken")
        return
    raise BuildError(
        f"{names} both bring {path}, with different content",
        where=path,
        hint="one would break the other: remove one of the two from the requirements",
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
