"""Which of the project's files a file imports, and which it names to functions that import."""

import ast
import re
from collections.abc import Iterator

from okamochi.detect.source.import_lines import Imports
from okamochi.detect.source.pieces import Pieces, pieces_of
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import texts_below
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = ["imported_files", "loaded_files"]

LOADERS = word_set(
    "from_object config_from_object import_module import_string from_pyfile __import__ load_module run_module"
)
LOADER = regex("|".join(sorted(LOADERS)))


def imported_files(path: str, sources: Sources) -> frozenset[str]:
    """Those that statements anywhere in a file import, names that may be modules of a package included."""
    files = (file for node in sources.imports(path) for file in _files(node, path, sources))
    key = ("imported", path, sources.package_roots)
    return sources.remember(key, lambda: frozenset(file for file in files if file is not None))


def loaded_files(path: str, sources: Sources) -> frozenset[str]:
    """The same with those that a file tells import_module, from_object and the like."""
    key = ("loaded", path, sources.package_roots)
    return sources.remember(key, lambda: imported_files(path, sources) | frozenset(_told(path, sources)))


def _told(path: str, sources: Sources) -> Iterator[str]:
    if LOADER.search(sources.text(path)) is not None:
        for text in _texts_of_loaders(sources.module(path)):
            yield from (file for file in _named(text, path, sources) if file is not None)
        for pieces in _patterns_of_loaders(sources.module(path)):
            yield from _like(pieces, path, sources)


def _files(node: Imports, importer: str, sources: Sources) -> Iterator[str | None]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield sources.find(alias.name, importer=importer)
        return
    for name in ("", *(alias.name for alias in node.names)):
        yield sources.find_from(node, name, importer=importer)


def _texts_of_loaders(module: Module) -> Iterator[str]:
    for node in module.of(ast.Call):
        if last_name(node.func) in LOADERS:
            yield from texts_below(node)
            for name in (one.id for one in node.args if isinstance(one, ast.Name)):
                yield from _texts_of_name(name, module)


def _texts_of_name(name: str, module: Module) -> Iterator[str]:
    """chosen = os.getenv("SETTINGS", "shop.config.Development"), then from_object(chosen)."""
    for node in module.of(ast.Assign):
        if any(isinstance(one, ast.Name) and one.id == name for one in node.targets):
            yield from texts_below(node.value)


def _patterns_of_loaders(module: Module) -> Iterator[Pieces]:
    """import_module(f"shop.{name}.routes"), import_module("shop.{}.routes".format(name))."""
    for node in module.of(ast.Call):
        for argument in node.args[:1] if last_name(node.func) in LOADERS else ():
            pieces = pieces_of(argument)
            if len(pieces) > 1 and isinstance(pieces[0], str) and pieces[0].partition(".")[0].isidentifier():
                yield pieces


def _like(pieces: Pieces, importer: str, sources: Sources) -> Iterator[str]:
    """Modules whose names have the known pieces, and one word for each of the others."""
    texts = (re.escape(one) if isinstance(one, str) else r"\w+" for one in pieces)
    pattern = re.compile(rf"(?:^|\.)({''.join(texts)})$")
    for path in sources.known:
        dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        found = pattern.search(dotted)
        if found is not None and sources.find(found[1], importer=importer) == path:
            yield path


def _named(text: str, importer: str, sources: Sources) -> Iterator[str | None]:
    """ "config.ProductionConfig" names config.py; "settings.py" itself."""
    dotted = text.removesuffix(".py").replace(":", ".").replace("/", ".")
    if all(part.isidentifier() for part in dotted.split(".")):
        yield sources.find(dotted, importer=importer)
        if "." in dotted:
            yield sources.find(dotted.rpartition(".")[0], importer=importer)
