"""Functions of one module that hand on what they are given: which of their arguments they look up as a
library, and which programs they miss aloud when those are not there."""

import ast
from collections.abc import Iterator, Sequence

from okamochi.pypi.python_values import last_name, texts_in
from okamochi.system.patterns import regex

__all__ = ["handed_on", "looked_up", "missed_aloud"]

MOST_STEPS = 8
TELLING = frozenset({"error", "warn", "warning"})
ABSENCE = regex(r"(?i)\b(?:find|found|install(?:ed)?|missing|requires?d?|needs?|available|exists?)\b")
LOOKING = frozenset({"find_executable", "which"})


def looked_up(function: ast.FunctionDef | ast.AsyncFunctionDef, finders: frozenset[str]) -> frozenset[str]:
    """Names of the parameters whose values reach a call of one of `finders`: directly, by an assignment, or
    one after the other in a loop."""
    nodes = list(ast.walk(function))
    reaching = {
        name
        for node in nodes
        if isinstance(node, ast.Call) and last_name(node.func) in finders and node.args
        for name in names_in(node.args[0])
    }
    for _ in range(MOST_STEPS):
        before = {name for target, value in bindings(nodes) if target in reaching for name in names_in(value)}
        if before <= reaching:
            break
        reaching |= before
    given = function.args
    return frozenset(
        one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs) if one.arg in reaching
    )


def handed_on(
    call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef, wanted: frozenset[str]
) -> list[ast.expr]:
    """The arguments of a call that stand for the `wanted` parameters of the function."""
    places = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    placed = [value for name, value in zip(places, call.args, strict=False) if name in wanted]
    return placed + [one.value for one in call.keywords if one.arg in wanted]


def missed_aloud(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, int]]:
    """Programs that the function looks for, and of which it says in a warning or an exception that they are
    not there, each with its line; not where it goes on without, and returns nothing."""
    nodes = list(ast.walk(function))
    without = frozenset(id(call) for node in nodes for call in before_an_empty_return(node))
    told = (text for node in nodes if id(node) not in without for text in told_by(node))
    said = [text for text in told if ABSENCE.search(text)]
    for node in nodes if said else ():
        if not (isinstance(node, ast.Call) and last_name(node.func) in LOOKING and node.args):
            continue
        for name in texts_in(node.args[0]):
            if any(name in text.replace(",", " ").replace("'", " ").split() for text in said):
                yield name, node.lineno


def before_an_empty_return(node: ast.AST) -> Iterator[ast.expr]:
    """The calls of a branch that ends in `return None`, `return b""` and the like."""
    for block in (node.body, node.orelse) if isinstance(node, ast.If) else ():
        match block:
            case [*before, ast.Return(value=None | ast.Constant(value=None | False | "" | b""))]:
                yield from (one.value for one in before if isinstance(one, ast.Expr))
            case _:
                pass


def told_by(node: ast.AST) -> Sequence[str]:
    if isinstance(node, ast.Raise) and node.exc is not None:
        return texts_in(node.exc)
    if isinstance(node, ast.Call) and last_name(node.func) in TELLING:
        return texts_in(node)
    return ()


def bindings(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    """What names stand for in turn: of assignments, loops and comprehensions."""
    for node in nodes:
        if isinstance(node, ast.Assign):
            yield from ((last_name(target), node.value) for target in node.targets)
        elif isinstance(node, ast.For | ast.comprehension):
            yield last_name(node.target), node.iter


def names_in(value: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
