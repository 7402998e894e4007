"""Which names a module of the project has, be it by `from models import *`, and which of those that some of
its statements use are nowhere."""

import ast
import builtins
from collections.abc import Sequence

from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.syntax import descendants

__all__ = ["has_name", "unknown_names"]

BUILTINS = frozenset(dir(builtins))


def has_name(objects: FlaskObjects, path: str, name: str, asked: frozenset[str] = frozenset()) -> bool:
    """`asked` are modules that were looked into on the way: they may take each other's names."""
    if name in objects.names(path):
        return True
    others = (
        [one for one in objects.stars.get(path, ()) if one not in asked] if not name.startswith("_") else []
    )
    return any(has_name(objects, one, name, asked | {path}) for one in others)


def unknown_names(
    objects: FlaskObjects, path: str, statements: Sequence[ast.stmt], local: frozenset[str]
) -> frozenset[str]:
    """Names that neither the statements bind, nor the module has, nor Python itself."""
    used: set[str] = set()
    bound = set(local)
    for node in (node for one in statements for node in descendants(one)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
    return frozenset(one for one in used - bound - BUILTINS if not has_name(objects, path, one))
