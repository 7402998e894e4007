"""Where a variable was made that a module names: `bp` of its own, an imported one, or `module.bp`."""

import ast
import posixpath

from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources

__all__ = ["where_made"]


def where_made(expression: ast.expr, module: Module, sources: Sources) -> tuple[str, str]:
    """(path of the module, variable); this module's where no import brings the name in."""
    name = ast.unparse(expression)
    holder, _, last = name.rpartition(".")
    for node in module.nodes:
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            shown = alias.asname or alias.name
            if shown == (holder or name):
                path = sources.find_from(node, alias.name if holder else "", importer=module.path)
                if path is not None:
                    return path, last if holder else alias.name
    return posixpath.normpath(module.path), name
