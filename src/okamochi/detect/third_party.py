"""Modules that the code imports from elsewhere: neither the project's own nor the standard library's."""

import ast
import sys

from okamochi.detect.base import Detected
from okamochi.detect.python_source import Module, Sources
from okamochi.model.evidence import Evidence

__all__ = ["third_party_imports"]


def third_party_imports(sources: Sources) -> tuple[Detected[str], ...]:
    """Top-level module names, sorted, each with the first place that imports it."""
    first: dict[str, Evidence] = {}
    for path in sources.paths:
        for name, line in _imports(sources.module(path)):
            if name in sys.stdlib_module_names or sources.find(name, importer=path) is not None:
                continue
            if name in sources.package_folders or f"src/{name}" in sources.package_folders:
                continue
            first.setdefault(name, Evidence(path=path, line=line, reason=f"imports {name}"))
    return tuple(Detected(name, (first[name],)) for name in sorted(first))


def _imports(module: Module) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for node in module.of(ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import):
            found += [(alias.name.split(".")[0], node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.append((node.module.split(".")[0], node.lineno))
    return found
