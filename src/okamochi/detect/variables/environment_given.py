"""Variables that a module sets itself before it reads them."""

import ast
from collections.abc import Iterator

from okamochi.detect.source.names import ImportedNames
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.read_values import name_in
from okamochi.detect.variables.reading_functions import SUBSCRIPTS

__all__ = ["given_before"]


def given_before(module: Module) -> dict[str, int]:
    """Variables that the module itself sets whenever it is imported, by the line: what it reads below is
    there."""
    found: dict[str, int] = {}
    for statement in module.tree.body:
        for name in _set_by(statement, module.imports):
            found.setdefault(name, statement.lineno)
    return found


def _set_by(statement: ast.stmt, names: ImportedNames) -> Iterator[str]:
    match statement:
        case ast.Expr(value=ast.Call(func=function, args=args, keywords=keywords)):
            called = names.full(function)
            if called == "os.environ.setdefault" and args:
                yield name_in(args[0])
            elif called == "os.environ.update":
                yield from (one.arg for one in keywords if one.arg)
                given = args[0] if args else None
                yield from map(name_in, filter(None, given.keys) if isinstance(given, ast.Dict) else ())
        case ast.Assign(targets=[ast.Subscript(value=holder, slice=key)]):
            if names.full(holder) in SUBSCRIPTS:
                yield name_in(key)
        case _:
            return
