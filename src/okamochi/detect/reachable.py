"""Which modules and functions run when the server loads the app."""

import ast
from collections import deque
from collections.abc import Iterator
from functools import cached_property

import msgspec

from okamochi.detect.callers import is_called
from okamochi.detect.flask_objects import FlaskObjects
from okamochi.detect.python_source import Module, Sources
from okamochi.detect.syntax import walk
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import regex

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
LOADER = regex("|".join(sorted(LOADERS)))


class Loaded(msgspec.Struct, frozen=True):
    """The modules that are imported, one after the other, from one; `factory` is the function that the server
    calls then, "" for none."""

    paths: tuple[str, ...]
    factory: str = ""


class Reached(msgspec.Struct, frozen=True, dict=True):
    """What the server's loading of one or several modules reaches, as far as names tell; too much rather than
    too little."""

    parts: tuple[Loaded, ...]

    @cached_property
    def paths(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(path for part in self.parts for path in part.paths))

    def with_all(self, other: "Reached") -> "Reached":
        return Reached((*self.parts, *other.parts))

    def runs(self, name: str, objects: FlaskObjects) -> bool:
        """Whether functions of this name are called while the modules are imported, or a factory runs."""
        return any(is_called(name, part.paths, part.factory, objects) for part in self.parts)


def reached_from(path: str, factory: str, objects: FlaskObjects) -> Reached:
    """All that is loaded with a module; `factory` is the function that the server calls, "" for none."""
    return Reached((Loaded(loaded_from(path, objects), factory),))


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
            found = sorted(_loads(current, sources))
            loads = objects.loads[current] = (*_packages_above(current, sources), *found)
        waiting += loads
    return tuple(paths)


def _packages_above(path: str, sources: Sources) -> list[str]:
    parts = path.split("/")[:-1]
    above = ["/".join((*parts[:length], "__init__.py")) for length in range(1, len(parts) + 1)]
    return [one for one in above if one in sources.known]


def _loads(importer: str, sources: Sources) -> set[str]:
    found: set[str | None] = set()
    for node in sources.imports(importer):
        if isinstance(node, ast.Import):
            found.update(sources.find(alias.name, importer=importer) for alias in node.names)
        else:
            found.update(_from(node, importer, sources))
    if LOADER.search(sources.text(importer)) is not None:
        for text in _texts_of_loaders(sources.module(importer)):
            found.update(_named(text, importer, sources))
    return {path for path in found if path is not None}


def _texts_of_loaders(module: Module) -> Iterator[str]:
    for node in module.of(ast.Call):
        if last_name(node.func) in LOADERS:
            for argument in walk(node):
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def _from(node: ast.ImportFrom, importer: str, sources: Sources) -> list[str | None]:
    names = ["", *(alias.name for alias in node.names)]
    dotted = [".".join(part for part in (node.module or "", name) if part) for name in names]
    if node.level:
        return [sources.find_relative(importer, node.level, one) for one in dotted]
    return [sources.find(one, importer=importer) for one in dotted if one]


def _named(text: str, importer: str, sources: Sources) -> list[str | None]:
    """ "config.ProductionConfig" names config.py; "settings.py" itself."""
    dotted = text.removesuffix(".py").replace(":", ".").replace("/", ".")
    if not all(part.isidentifier() for part in dotted.split(".")):
        return []
    return [
        sources.find(dotted, importer=importer),
        sources.find(dotted.rpartition(".")[0], importer=importer) if "." in dotted else None,
    ]
