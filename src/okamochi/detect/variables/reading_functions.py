"""The project's own functions that read the variable whose name they are given."""

import ast
import re
from collections.abc import Sequence

import msgspec

from okamochi.detect.source.constants import GETTERS
from okamochi.detect.source.names import ImportedNames
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import argument, walk

__all__ = [
    "SUBSCRIPTS",
    "ReadingFunction",
    "catches_missing",
    "fails",
    "helpers_at",
    "imported_readers",
    "own_readers",
    "reading_functions",
]

# never a bare `environ`: unless imported from os, that is the request's, the parameter of a WSGI callable
SUBSCRIPTS = frozenset(["os.environ", "os.environb"])
READS = frozenset(["environ", "getenv"])


def reading_functions(sources: Sources) -> tuple[str, ...]:
    """Names of the project's functions that read the variable that they are told: other modules call them."""
    found: set[str] = set()
    for path in sources.paths:
        found |= helpers_at(path, sources).keys()
    return tuple(sorted(found))


class ReadingFunction(msgspec.Struct, frozen=True):
    """A function of the project whose parameter is the variable's name."""

    position: int
    parameter: str
    must: bool

    def key_of(self, call: ast.Call) -> ast.expr | None:
        return argument(call, self.position, self.parameter)


def own_readers(tree: ast.Module, names: ImportedNames) -> dict[str, ReadingFunction]:
    """Functions such as `def env(name, default=None): return os.environ.get(name, default)`, and those that
    hand their parameter on to one of these."""
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    found: dict[str, ReadingFunction] = {}
    before = -1
    while before != len(found):
        before = len(found)
        for function in functions:
            _helper(function, names, found)
    return found


def _helper(function: ast.FunctionDef, names: ImportedNames, found: dict[str, ReadingFunction]) -> None:
    parameters = [argument.arg for argument in function.args.args]
    for node in walk(function):
        key, must = _key_of(node, names, found)
        if key in parameters:
            raises = _raises_without(function, names)
            previous = found.get(function.name)
            strict = raises or (must and not _does_without(function, names))
            strict = strict or (previous is not None and previous.must)
            found[function.name] = ReadingFunction(parameters.index(key), key, strict)


def _raises_without(function: ast.FunctionDef, names: ImportedNames) -> bool:
    """Whether it raises because the variable is not there: not for what a value looks like."""
    if any(isinstance(statement, ast.Raise) for statement in function.body):
        return True  # after an `if value: return value`
    for node in walk(function):
        if isinstance(node, ast.ExceptHandler) and any(isinstance(one, ast.Raise) for one in node.body):
            return True
        if not isinstance(node, ast.If) or not _asks_whether_it_is_there(node.test, names):
            continue
        there = isinstance(node.test, ast.Name | ast.Call)  # `if required: raise` raises for something else
        branches = node.orelse if there else (*node.body, *node.orelse)
        if any(isinstance(one, ast.Raise) for one in branches):
            return True
    return False


def _does_without(function: ast.FunctionDef, names: ImportedNames) -> bool:
    """Whether it asks first, or catches that the variable is not there."""
    for node in walk(function):
        if isinstance(node, ast.Try) and catches_missing(node):
            return True
        if not isinstance(node, ast.If | ast.IfExp) or not isinstance(node.test, ast.Compare):
            continue
        if names.full(node.test.comparators[0]) in SUBSCRIPTS:
            return True
    return False


def _asks_whether_it_is_there(test: ast.expr, names: ImportedNames) -> bool:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _asks_whether_it_is_there(operand, names)
        case ast.Name():
            return True
        case ast.Call(func=function):
            return names.full(function) in GETTERS
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[holder]):
            return names.full(holder) in SUBSCRIPTS
        case ast.Compare(left=ast.Name(), comparators=[ast.Constant(value=None | "")]):
            return True
        case _:
            return False


def helpers_at(path: str, sources: Sources) -> dict[str, ReadingFunction]:
    """The module's own readers. Many modules import from one, which is looked through once."""
    if READS.isdisjoint(sources.words(path)):
        return {}
    module = sources.module(path)
    return sources.remember(("helpers", path), lambda: own_readers(module.tree, module.imports))


def imported_readers(module: Module, sources: Sources) -> dict[str, ReadingFunction]:
    """By the full name under which this module calls them."""
    found: dict[str, ReadingFunction] = {}
    for one in sources.taken(module.path):
        helper = helpers_at(one.path, sources).get(one.name)
        if helper is not None:
            found[module.imports.full(ast.Name(id=one.local))] = helper
    return found


def _key_of(node: ast.AST, names: ImportedNames, helpers: dict[str, ReadingFunction]) -> tuple[str, bool]:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in helpers:
            key = helpers[name].key_of(node)
            return (key.id, helpers[name].must) if isinstance(key, ast.Name) else ("", False)
        case ast.Call(func=function, args=[ast.Name(id=key), *_]) if names.full(function) in GETTERS:
            return key, False
        case ast.Subscript(value=holder, slice=ast.Name(id=key), ctx=ast.Load()):
            return (key, True) if names.full(holder) in SUBSCRIPTS else ("", False)
        case _:
            return "", False


def catches_missing(statement: ast.Try) -> bool:
    for handler in statement.handlers:
        text = ast.unparse(handler.type) if handler.type is not None else "Exception"
        if re.search(r"KeyError|LookupError|Exception", text) and not fails(handler.body):
            return True
    return False


def fails(body: Sequence[ast.stmt]) -> bool:
    """Whether a body raises or ends the program."""
    for statement in body:
        if isinstance(statement, ast.Raise):
            return True
        called = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(called, ast.Call) and ast.unparse(called.func) in ("sys.exit", "exit", "quit"):
            return True
    return False
