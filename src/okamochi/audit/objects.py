"""Whether a module of the project has a name, as far as its text tells."""

import ast
import posixpath
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from okamochi.audit.setup import Setup
from okamochi.system.python_text import syntax_tree

__all__ = ["Lookup", "looked_up"]

APP_ARGUMENTS = frozenset((2, 3))
"""Of a WSGI application (environ, start_response) and of an ASGI one (scope, receive, send)."""


class Lookup(StrEnum):
    """UNKNOWN: the name may come from anywhere. FACTORY: a function that needs no argument."""

    THERE = "there"
    FACTORY = "factory"
    NO_NAME = "no name"
    NO_MODULE = "no module"
    UNKNOWN = "unknown"


class Looked(msgspec.Struct, frozen=True):
    answer: Lookup
    path: str = ""


def looked_up(module: str, name: str, setup: Setup) -> Looked:
    """`module` is dotted, `name` one of its attributes. Without any module of the project's own, UNKNOWN."""
    parts = module.split(".")
    paths = modules(parts, setup)
    if not paths:
        return Looked(Lookup.UNKNOWN if may_be_elsewhere(parts, setup) else Lookup.NO_MODULE)
    if len(paths) > 1:
        return Looked(Lookup.UNKNOWN)
    tree = syntax_tree(setup.project.read_text(paths[0]) or "")
    found = answer(tree, name.partition(".")[0]) if tree is not None else Lookup.UNKNOWN
    return Looked(found, paths[0])


def modules(parts: list[str], setup: Setup) -> tuple[str, ...]:
    tail = "/".join(parts)
    return (*setup.project.files(f"**/{tail}.py"), *setup.project.files(f"**/{tail}/__init__.py"))


def may_be_elsewhere(parts: list[str], setup: Setup) -> bool:
    """Whether the module may be a package of others, be made by a step, or lie deeper than its name says: its
    last part is there, its first is a folder or a name among the requirements, or there is no code at all."""
    project = setup.project
    if not project.files("**/*.py") or project.files(f"**/{parts[-1]}.py"):
        return True
    if parts[0] in ("src", "app", "code") and len(parts) > 1:
        return True
    if any(parts[0] in path.split("/")[:-1] for path in project.files("**/*.py")):
        return len(parts) == 1 or any(f"{parts[-1]}/" in path for path in project.files("**/*.py"))
    texts = (
        *project.files("**/*requirements*.txt"),
        *project.files("**/*.toml"),
        *project.files("**/Pipfile"),
    )
    if any(parts[0].replace("_", "-") in (project.read_text(path) or "").lower() for path in texts):
        return True
    written = " ".join(one.rest for file in setup.dockerfiles for stage in file.stages for one in stage.own)
    return "git clone" in written or f"{posixpath.basename(parts[-1])}.py" in written


def answer(tree: ast.Module, name: str) -> Lookup:
    found = Lookup.NO_NAME
    for one in statements(tree.body):
        match one:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if one.name == name:
                found = kind_of(one)
            case ast.ClassDef() if one.name == name:
                return Lookup.THERE
            case ast.ImportFrom() if any(alias.name == "*" for alias in one.names):
                return Lookup.UNKNOWN
            case ast.Import() | ast.ImportFrom():
                if any((alias.asname or alias.name.partition(".")[0]) == name for alias in one.names):
                    return Lookup.THERE
            case ast.FunctionDef() if one.name == "__getattr__":
                return Lookup.UNKNOWN
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and assigns(one, name):
            return Lookup.THERE
    return found


def kind_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Lookup:
    given = function.args
    needed = len(given.posonlyargs) + len(given.args) - len(given.defaults)
    if function.decorator_list or given.vararg or needed in APP_ARGUMENTS:
        return Lookup.THERE
    return Lookup.FACTORY


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Of a module, those in its conditions, loops and try blocks included."""
    for one in body:
        yield one
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for field in ("body", "orelse", "finalbody"):
                yield from statements(getattr(one, field, []))
            for handler in getattr(one, "handlers", []):
                yield from statements(handler.body)


def assigns(one: ast.stmt, name: str) -> bool:
    """Whether a statement binds the name, or may bind any: globals()[…], exec."""
    for node in ast.walk(one):
        if isinstance(node, ast.Name):
            if node.id == name and isinstance(node.ctx, ast.Store):
                return True
            if node.id in ("globals", "exec"):
                return True
    return False
