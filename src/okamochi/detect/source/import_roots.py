"""The folder from which the modules of a package are imported: as Flask finds it, the one above its topmost
package; what the package itself imports may say otherwise."""

import ast
import posixpath
from typing import TYPE_CHECKING

from okamochi.detect.source.import_lines import imported_modules

if TYPE_CHECKING:
    from okamochi.detect.source.sources import Sources

__all__ = ["import_root_in"]


def import_root_of(path: str, known: frozenset[str]) -> str:
    """The folder from which Flask imports a file: the one above its topmost package."""
    folder = posixpath.dirname(path)
    while folder and posixpath.join(folder, "__init__.py") in known:
        folder = posixpath.dirname(folder)
    return folder


def import_root_in(sources: "Sources", path: str) -> str:
    root = import_root_of(path, sources.known)
    folder = posixpath.dirname(path)
    if folder == root:
        return root
    package = posixpath.join(root, posixpath.relpath(folder, root or ".").split("/")[0])
    return sources.remember(("import root of", package), lambda: _of_package(sources, package, root))


def _of_package(sources: "Sources", package: str, root: str) -> str:
    modules = [one for one in sources.known if posixpath.dirname(one) == package]
    for path in sorted(modules):
        if (above := _above_by_dots(sources, path, root)) is not None:
            return above
    if any(_names_neighbours(sources, path, package, root) for path in modules):
        name = posixpath.basename(package)
        return root if _is_imported(sources, name) else package
    return root


def _above_by_dots(sources: "Sources", path: str, root: str) -> str | None:
    """`from ..shop.config import Config` in src/shop/__init__.py: src is a package, whatever it has."""
    parts = root.split("/") if root else []
    for node in sources.imports(path) if parts else ():
        if not isinstance(node, ast.ImportFrom) or not 0 < node.level - 1 <= len(parts):
            continue
        if sources.find_from(node, importer=path) is not None:
            return "/".join(parts[: 1 - node.level])
    return None


def _names_neighbours(sources: "Sources", path: str, package: str, root: str) -> bool:
    """`from config import get_config` and `from models.user import User` in backend/app.py: several modules
    that its own folder has, and nothing above it. backend/__init__.py is there for no reason."""
    own = {name.split(".")[0] for node in sources.imports(path) for name in imported_modules(node)}
    beside = [one for one in own if _is_module(sources, posixpath.join(package, one))]
    return len(beside) > 1 and not any(
        _is_module(sources, posixpath.join(place, one)) for one in beside for place in {root, ""}
    )


def _is_imported(sources: "Sources", name: str) -> bool:
    """By any file of the project, as a package of this name."""
    return any(
        one.split(".")[0] == name
        for path in sources.all_paths
        if name in sources.words(path)
        for node in sources.imports(path)
        for one in imported_modules(node)
    )


def _is_module(sources: "Sources", base: str) -> bool:
    return f"{base}.py" in sources.known or base in sources.package_folders
