"""Classes of pydantic-settings, and those of the project's own that come from them, in whatever module."""

import ast

from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources

__all__ = ["ROOT", "is_settings_class", "settings_classes"]

ROOT = "BaseSettings"


def settings_classes(sources: Sources) -> frozenset[str]:
    """Their names: with AppSettings(BaseAppSettings) and BaseAppSettings(BaseSettings) all three."""
    return sources.remember(("settings classes",), lambda: _found(sources))


def _found(sources: Sources) -> frozenset[str]:
    known: frozenset[str] = frozenset({ROOT})
    new = known
    while new:
        found = {name for module in sources.mentioning(*sorted(new)) for name in heirs(module, known)}
        new = frozenset(found) - known
        known |= new
    return known


def heirs(module: Module, known: frozenset[str]) -> set[str]:
    return {node.name for node in module.of(ast.ClassDef) if is_settings_class(node, known)}


def is_settings_class(node: ast.ClassDef, known: frozenset[str]) -> bool:
    return any(ast.unparse(base).rpartition(".")[2] in known for base in node.bases)
