"""Which modules and functions run when the server loads the app."""

import ast
from collections import deque
from collections.abc import Iterable

import msgspec

from okamochi.detect.flask_objects import FlaskObjects
from okamochi.detect.python_source import Module, Sources, is_main_guard
from okamochi.detect.syntax import children, walk
from okamochi.pypi.python_values import last_name

__all__ = ["Reached", "loaded_from", "reached_from"]

LOADERS = frozenset(
    [
        "from_object",
        "import_module",
        "import_string",
        "from_pyfile",
        "__import__",
        "load_module",
        "run_module",
    ]
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Reached(msgspec.Struct, frozen=True):
    """`paths`: modules that are imported, one after the other, from the entry module.
    `functions`: names of functions that are called while that happens, and while a factory runs."""

    paths: tuple[str, ...]
    functions: frozenset[str]

    def with_all(self, other: "Reached") -> "Reached":
        paths = tuple(dict.fromkeys((*self.paths, *other.paths)))
        return Reached(paths, self.functions | other.functions)


def reached_from(path: str, factory: str, objects: FlaskObjects) -> Reached:
    """Everything the server's loading of a module reaches, as far as names tell; too much rather than too
    little. `factory` is the function that the server calls, "" for none."""
    paths = loaded_from(path, objects)
    return Reached(paths, _called(objects, paths, factory))


def loaded_from(path: str, objects: FlaskObjects) -> tuple[str, ...]:
    """The modules that are imported, one after the other, from a module."""
    sources = objects.sources
    paths: dict[str, None] = {}
    waiting = deque([path])
    while waiting:
        current = waiting.popleft()
        if current in paths:
            continue
        paths[current] = None
        loads = objects.loads.get(current)
        if loads is None:
            found = sorted(_loads(sources.module(current), sources))
            loads = objects.loads[current] = (*_packages_above(current, sources), *found)
        waiting += loads
    return tuple(paths)


def _packages_above(path: str, sources: Sources) -> list[str]:
    parts = path.split("/")[:-1]
    above = ["/".join((*parts[:length], "__init__.py")) for length in range(1, len(parts) + 1)]
    return [one for one in above if one in sources.known]


def _loads(module: Module, sources: Sources) -> set[str]:
    found: set[str | None] = set()
    for node in module.of(ast.Import, ast.ImportFrom, ast.Call):
        if isinstance(node, ast.Import):
            found.update(sources.find(alias.name, importer=module.path) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(_from(node, module, sources))
        elif isinstance(node, ast.Call) and last_name(node.func) in LOADERS:
            for argument in walk(node):
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    found.update(_named(argument.value, module, sources))
    return {path for path in found if path is not None}


def _from(node: ast.ImportFrom, module: Module, sources: Sources) -> list[str | None]:
    names = ["", *(alias.name for alias in node.names)]
    dotted = [".".join(part for part in (node.module or "", name) if part) for name in names]
    if node.level:
        return [sources.find_relative(module.path, node.level, one) for one in dotted]
    return [sources.find(one, importer=module.path) for one in dotted if one]


def _named(text: str, module: Module, sources: Sources) -> list[str | None]:
    """ "config.ProductionConfig" names config.py; "settings.py" itself."""
    dotted = text.removesuffix(".py").replace(":", ".").replace("/", ".")
    if not all(part.isidentifier() for part in dotted.split(".")):
        return []
    return [
        sources.find(dotted, importer=module.path),
        sources.find(dotted.rpartition(".")[0], importer=module.path) if "." in dotted else None,
    ]


def _called(objects: FlaskObjects, paths: tuple[str, ...], factory: str) -> frozenset[str]:
    """Names called at module level and in class bodies, then in the functions of these names, and so on."""
    bodies: dict[str, list[ast.AST]] = {}
    called: set[str] = {factory} if factory else set()
    for module in map(objects.sources.module, paths):
        for node in module.of(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
            if isinstance(node, FUNCTIONS):
                bodies.setdefault(node.name, []).append(node)
            elif isinstance(node, ast.ClassDef):
                inits = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
                bodies.setdefault(node.name, []).extend(inits)
        for statement in module.tree.body:
            # what a function calls is kept as well, under the same key
            if not isinstance(statement, FUNCTIONS) and not is_main_guard(statement):
                called |= _kept_calls(objects, statement, (statement,))
    waiting = list(called)
    while waiting:
        for node in bodies.get(waiting.pop(), ()):
            new = _kept_calls(objects, node, children(node)) - called
            called |= new
            waiting += new
    return frozenset(called)


def _kept_calls(objects: FlaskObjects, node: ast.AST, parts: Iterable[ast.AST]) -> frozenset[str]:
    """What the parts of a node call, which several questions ask for."""
    known = objects.calls.get(id(node))
    if known is None:
        known = objects.calls[id(node)] = frozenset(name for part in parts for name in _calls(part))
    return known


def _calls(node: ast.AST) -> set[str]:
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
