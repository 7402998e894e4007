"""Modules from which a module takes every name: `from .base import *`."""

import ast

from okamochi.detect.python_source import Sources

__all__ = ["star_imports"]


def star_imports(sources: Sources, path: str) -> tuple[str, ...]:
    """The project's files that a file imports so, the last one first: its names win."""
    found: list[str] = []
    for node in sources.module(path).nodes:
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            dotted = node.module or ""
            place = (
                sources.find_relative(path, node.level, dotted)
                if node.level
                else sources.find(dotted, importer=path)
            )
            if place is not None and place != path:
                found.append(place)
    return tuple(reversed(found))
