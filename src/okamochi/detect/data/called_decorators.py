"""Functions that become commands without an `@`: `app.cli.command()(create_db)`, often one after another."""

import ast
from collections.abc import Iterator

from okamochi.detect.source.python_source import Module

__all__ = ["called_decorators"]


def called_decorators(module: Module) -> dict[str, tuple[ast.expr, ...]]:
    """By function: what it is handed to, as if it stood above it. A name that `for` gives to each of several
    functions in turn stands for all of them."""
    if ".command(" not in module.text:
        return {}
    turns: dict[str, set[str]] = {}
    for loop in module.of(ast.For):
        if isinstance(loop.target, ast.Name) and isinstance(loop.iter, ast.List | ast.Tuple | ast.Set):
            turns.setdefault(loop.target.id, set()).update(_names(loop.iter.elts))
    found: dict[str, tuple[ast.expr, ...]] = {}
    for call in module.of(ast.Call):
        if not isinstance(call.func, ast.Call) or len(call.args) != 1 or call.keywords:
            continue
        for given in _names(call.args):
            for name in sorted(turns.get(given, {given})):
                found[name] = (*found.get(name, ()), call.func)
    return found


def _names(expressions: list[ast.expr]) -> Iterator[str]:
    return (one.id for one in expressions if isinstance(one, ast.Name))
