"""Whether a module itself has a name once it is imported."""

import ast
from collections.abc import Sequence

from okamochi.detect.source.bodies import flat_statements
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.syntax import walk

__all__ = ["binds"]


def binds(module: Module, name: str) -> bool:
    """What a function calls its own has no name of the module's."""
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for statement in flat_statements(module.tree.body):
        if isinstance(statement, defined):
            if statement.name == name:
                return True
        elif any(_is_bound(node, name) for part in _own_parts(statement) for node in walk(part)):
            return True
    return any(name in node.names for node in module.of(ast.Global))


def _own_parts(statement: ast.stmt) -> Sequence[ast.AST]:
    """Without the statements inside, which come by themselves."""
    match statement:
        case ast.For() | ast.AsyncFor():
            return (statement.target,)
        case ast.With() | ast.AsyncWith():
            return statement.items
        case ast.If() | ast.While() | ast.Try() | ast.TryStar() | ast.Match():
            return ()
        case _:
            return (statement,)


def _is_bound(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.alias):
        return node.name == "*" or name == (node.asname or node.name.partition(".")[0])
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
