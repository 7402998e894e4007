"""Modules from which a module takes every name: `from .base import *`."""

import ast

from okamochi.detect.sources import Sources

__all__ = ["star_imports"]


def star_imports(sources: Sources, path: str) -> tuple[str, ...]:
    """The project's files that a file imports so, the last one first: its names win."""
    found: list[str] = []
    for node in sources.module(path).of(ast.ImportFrom):
        if any(alias.name == "*" for alias in node.names):
            place = sources.find_from(node, importer=path)
            if place is not None and place != path:
                found.append(place)
    return tuple(reversed(found))
