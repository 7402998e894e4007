"""What the app does when a health path is asked: whether a database is asked on the way."""

import ast
import re
from collections.abc import Iterator

import msgspec

from okamochi.audit.setup import Setup
from okamochi.system.patterns import regex
from okamochi.system.python_text import syntax_tree

__all__ = ["database_behind"]

ROUTES = frozenset(("route", "get", "api_route", "head", "websocket"))
# calls that wait for a database or a broker
ASKS = regex(
    r"\.execute\(|\.ping\(|\.ensure_connection\(|\.cursor\(|\.objects\.|\.query\.|\.query\(|\.scalars?\(|\.connect\(\)"
    r"|\bcreate_engine\(|\.fetch(?:one|all|val|row)?\("
)
DATABASES = regex(
    r"\b(?:db|database|session|engine|conn|connection|connections|redis\w*|cursor|pool|cache|SessionLocal|\w+\.objects)\b",
    re.I,
)
MOST_FILES = 400
MOST_CHARACTERS = 200_000


class AskedDatabase(msgspec.Struct, frozen=True):
    """`call` is the line of code that asks."""

    path: str
    line: int
    call: str


def database_behind(path: str, setup: Setup) -> AskedDatabase | None:
    """The first call to a database in the function that answers to `path`, or in one of the same file that
    it calls."""
    wanted = "/" + path.partition("?")[0].strip("/")
    if wanted == "/":
        return None
    for file in setup.project.files("**/*.py")[:MOST_FILES]:
        text = setup.project.read_text(file) or ""
        last = wanted.rpartition("/")[2]
        if re.search(rf"{re.escape(last)}/?[\"']", text) is None or len(text) > MOST_CHARACTERS:
            continue
        tree = syntax_tree(text)
        if tree is None:
            continue
        functions = {one.name: one for one in ast.walk(tree) if isinstance(one, Function)}
        for one in answering(functions, wanted):
            found = asked_in(one, functions, text, file)
            if found is not None:
                return found
    return None


Function = ast.FunctionDef | ast.AsyncFunctionDef


def answering(functions: dict[str, Function], wanted: str) -> Iterator[Function]:
    """Functions whose decorator names the path, or its end below a prefix of a blueprint or router."""
    for one in functions.values():
        if any(wanted == "/" + text.strip("/") for text in map(path_of, one.decorator_list)):
            yield one


def path_of(decorator: ast.expr) -> str:
    """Of `@app.get("/healthz")` and `@blueprint.route("/healthz")`; "" for others."""
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
        return ""
    first = decorator.args[0] if decorator.args and decorator.func.attr in ROUTES else None
    return str(first.value) if isinstance(first, ast.Constant) else ""


def asked_in(one: Function, functions: dict[str, Function], text: str, file: str) -> AskedDatabase | None:
    called = [
        node.func.id
        for node in ast.walk(one)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    bodies = [one, *(functions[name] for name in called if name in functions and functions[name] is not one)]
    lines = text.split("\n")
    for body in bodies:
        for number in range(body.body[0].lineno, (body.end_lineno or body.lineno) + 1):
            line = lines[number - 1].strip()
            if not line.startswith("#") and ASKS.search(line) and DATABASES.search(line):
                return AskedDatabase(file, number, line[:80])
    return None
