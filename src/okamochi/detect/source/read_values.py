"""Values that calls which read variables are given."""

import ast
from collections.abc import Iterable

from okamochi.detect.source.python_source import Module
from okamochi.detect.source.syntax import keyword_value, text_of
from okamochi.system.patterns import regex

__all__ = [
    "broken_by_none",
    "constant_addresses",
    "is_none",
    "literal_of",
    "name_in",
    "name_of_keyword",
    "shape_of",
]

VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_]*")
CONVERTERS = ("int", "float", "json.loads")


def name_in(expression: ast.expr) -> str:
    """The text of a literal that can be the name of a variable; else ""."""
    text = text_of(expression)
    return text if VARIABLE.fullmatch(text) else ""


def literal_of(expression: ast.expr | None) -> str | None:
    """A literal as an environment would hold it; None for all else."""
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str | int | float | bool):
        return str(expression.value)
    return None


def shape_of(expression: ast.expr | None) -> str:
    """f"{USER}:{PASSWORD}@{HOST}" as "{}:{}@{}"; "" for what is not put together."""
    match expression:
        case ast.JoinedStr(values=values):
            return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return "".join(shape_of(one) or literal_of(one) or "{}" for one in (left, right))
        case _:
            return ""


def constant_addresses(module: Module) -> dict[str, str]:
    """DEFAULT = "https://prices.example.org/", at the module's own level, assigned once."""
    found: dict[str, list[ast.expr]] = {}
    for statement in module.tree.body if "://" in module.text else ():
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            found.setdefault(statement.targets[0].id, []).append(statement.value)
    texts = {name: literal_of(values[0]) for name, values in found.items() if len(values) == 1}
    return {name: text for name, text in texts.items() if text is not None and "://" in text}


def is_none(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and expression.value is None


def name_of_keyword(call: ast.Call, name: str) -> str:
    """`name_in` what a call is given under a keyword."""
    value = keyword_value(call, name)
    return name_in(value) if value is not None else ""


def broken_by_none(nodes: Iterable[ast.AST]) -> frozenset[int]:
    """Ids of nodes that None cannot take the place of: x in int(x), open(x, "rb"), x.split(","), 1 + x."""
    found: set[int] = set()
    for node in nodes:
        match node:
            case ast.Attribute(value=value, attr=attr) if not attr.startswith("__"):
                found.add(id(value))
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                found.update((id(left), id(right)))
            case ast.Call(func=function, args=[value]) if ast.unparse(function) in CONVERTERS:
                found.add(id(value))
            case ast.Call(func=ast.Name(id="open" | "Path"), args=[value, *_]):
                found.add(id(value))
            case _:
                pass
    return frozenset(found)
