"""Who calls the functions of a name, asked from the function upwards: few modules write most names."""

import ast
from collections.abc import Iterable

from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.python_source import Module, is_main_guard
from okamochi.detect.source.syntax import children
from okamochi.pypi.python_values import last_name

__all__ = ["is_called"]

# Name called → names of the functions and classes that call it, "" for the module itself.
Callers = dict[str, set[str]]
MODULE = ""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def is_called(name: str, paths: tuple[str, ...], factory: str, objects: FlaskObjects) -> bool:
    """Whether it is called at the level of one of the modules, in a class body or in `factory`; or in a
    function that is called so. Names tell alone, whose they are does not count."""
    known = objects.sources.remember(("called", paths, factory), dict[str, bool])
    if name not in known:
        climb(name, known, words_of(paths, objects), factory, objects)
    return known[name]


def climb(
    name: str,
    known: dict[str, bool],
    texts: tuple[tuple[str, frozenset[str]], ...],
    factory: str,
    objects: FlaskObjects,
) -> None:
    """Adds to `known` what is found out on the way up: of the name, and of those between it and the loading;
    or of all that call it, when none of them is called so."""
    called_by_it = {name: ""}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        callers = {
            caller
            for path, words in texts
            if current in words
            for caller in callers_in(path, objects).get(current, ())
        }
        if (factory and current == factory) or MODULE in callers or any(map(known.get, callers)):
            while current:
                known[current] = True
                current = called_by_it[current]
            return
        for caller in callers - called_by_it.keys() - known.keys():
            called_by_it[caller] = current
            waiting.append(caller)
    known.update(dict.fromkeys(called_by_it, False))


def words_of(paths: tuple[str, ...], objects: FlaskObjects) -> tuple[tuple[str, frozenset[str]], ...]:
    """Each path with its words; a name is looked for in thousands of files, thousands of times."""
    sources = objects.sources
    return sources.remember(
        ("words of all", paths), lambda: tuple((path, sources.words(path)) for path in paths)
    )


def callers_in(path: str, objects: FlaskObjects) -> Callers:
    return objects.sources.remember(("callers", path), lambda: callers_of(objects.sources.module(path)))


def callers_of(module: Module) -> Callers:
    found: Callers = {}
    for statement in module.tree.body:
        if not isinstance(statement, FUNCTIONS) and not is_main_guard(statement):
            note(found, MODULE, (statement,))
    for node in module.of(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
        if isinstance(node, FUNCTIONS):
            note(found, node.name, children(node))
        elif isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.FunctionDef) and one.name == "__init__":
                    note(found, node.name, children(one))
    return found


def note(found: Callers, caller: str, parts: Iterable[ast.AST]) -> None:
    for part in parts:
        for called in calls(part):
            found.setdefault(called, set()).add(caller)


def calls(node: ast.AST) -> set[str]:
    """Names that a piece of code calls itself, not in functions that it only defines."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(current, ast.Call):
            found.add(last_name(current.func))
        waiting += children(current)
    return found
