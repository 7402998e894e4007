"""Where in a statement the environment is read: its own expressions, what takes the value, by which name."""

import ast

from okamochi.detect.source.read_values import name_in
from okamochi.detect.source.syntax import children, walk

__all__ = [
    "is_view",
    "keyword_defaults",
    "keyword_name",
    "own_expressions",
    "parameter_defaults",
    "target_name",
]

REGISTRARS = frozenset(
    ["route", "get", "post", "put", "patch", "delete", "command", "cli", "errorhandler", "task"]
)


def own_expressions(statement: ast.stmt) -> tuple[ast.AST, ...]:
    """The parts of a statement that are no statements."""
    skipped = (ast.stmt, ast.ExceptHandler, ast.match_case)
    return tuple(node for node in children(statement) if not isinstance(node, skipped))


def keyword_defaults(arguments: ast.arguments) -> tuple[ast.expr, ...]:
    return tuple(default for default in arguments.kw_defaults if default is not None)


def parameter_defaults(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[tuple[str, object], ...]:
    arguments = [*node.args.posonlyargs, *node.args.args]
    pairs = zip(arguments[len(arguments) - len(node.args.defaults) :], node.args.defaults, strict=True)
    return tuple((a.arg, d.value) for a, d in pairs if isinstance(d, ast.Constant))


def is_view(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    for decorator in node.decorator_list:
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(function, ast.Attribute) and function.attr in REGISTRARS:
            return True
    return False


def target_name(statement: ast.stmt) -> str:
    """The last part of what an assignment assigns to."""
    match statement:
        case ast.Assign(targets=[target, *_]) | ast.AnnAssign(target=target):
            pass
        case _:
            return ""
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case _:
            return ""


def keyword_name(expression: ast.AST, node: ast.AST) -> str:
    """NAME in f(NAME=...) and in {"NAME": ...} around a node."""
    for outer in walk(expression):
        if isinstance(outer, ast.keyword) and outer.arg and any(n is node for n in walk(outer.value)):
            return outer.arg
        if isinstance(outer, ast.Dict):
            for key, value in zip(outer.keys, outer.values, strict=True):
                if key is not None and any(n is node for n in walk(value)):
                    return name_in(key)
    return ""
