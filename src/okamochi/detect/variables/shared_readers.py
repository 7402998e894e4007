"""Objects that read the environment, made in one module of the project and used in others: `env =
environ.Env()` in settings/base.py, `from .base import *` or `from .base import env` in settings/live.py.
"""

import ast
import re
from itertools import islice

import msgspec

from okamochi.detect.source.project_imports import imported_files
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.system.words import word_set

__all__ = ["STRICT_READERS", "SharedReaders", "shared_readers"]

STRICT_READERS = word_set(
    "decouple.config environs.Env() environs.FileAwareEnv() environs.env environ.Env() "
    "environ.FileAwareEnv() decouple.Config() starlette.config.Config() envparse.Env() envparse.env"
)
ENVIRON_CLASSES = frozenset(["environ.Env", "environ.FileAwareEnv"])
# env = os.environ: who takes the plain names from os takes them there
THE_ENVIRONMENT = frozenset(["os.environ", "os.environ.get", "os.getenv"])
# of one module: their users are sought by a pattern of all of them
MOST_NAMES = 50
ITS_NAMES = frozenset(["environ", "getenv"])
# one of them is in the text of every module that makes a reader
WORDS = ("environ", "getenv", "decouple", "starlette.config", "envparse")


class SharedReaders(msgspec.Struct, frozen=True):
    """`names` are a module's names of readers, with what they are: {"env": "environ.Env()"}. `scheme` has the
    defaults that django-environ's object was made with: Env(DEBUG=(bool, False))."""

    names: dict[str, str]
    scheme: dict[str, ast.expr]


def shared_readers(sources: Sources) -> dict[str, SharedReaders]:
    """By path: of every module of the app, the readers that it makes or takes from another."""
    return sources.remember(("shared readers",), lambda: _found(sources))


def _found(sources: Sources) -> dict[str, SharedReaders]:
    found = {module.path: own for module in sources.mentioning(*WORDS) if (own := _own(module)).names}
    new = tuple(found)
    while new:
        before = frozenset(found)
        for path in _users(sources, found, new):
            taken = _taken(sources.module(path), sources, found)
            if taken.names:
                found[path] = taken
        new = tuple(path for path in found if path not in before)
    return found


def _own(module: Module) -> SharedReaders:
    names = {
        name: full
        for name, full in module.imports.names.items()
        if full in STRICT_READERS or (full in THE_ENVIRONMENT and name not in ITS_NAMES)
    }
    names = dict(islice(names.items(), MOST_NAMES))
    scheme: dict[str, ast.expr] = {}
    for node in module.of(ast.Call) if names and "environ" in module.text else ():
        if module.imports.full(node.func) in ENVIRON_CLASSES:
            for keyword in node.keywords:
                if keyword.arg and isinstance(keyword.value, ast.Tuple) and len(keyword.value.elts) == 2:
                    scheme[keyword.arg] = keyword.value.elts[1]
    return SharedReaders(names, scheme)


def _users(sources: Sources, found: dict[str, SharedReaders], makers: tuple[str, ...]) -> list[str]:
    """Modules that import one of the makers, and use a name such as a reader has."""
    names = frozenset(name for path in makers for name in found[path].names)
    shown = "|".join(sorted(map(re.escape, names)))
    uses = re.compile(rf"(?<![\w.])(?:{shown})(?:[ \t]*[.(\[]|[ \t]+as\b)|import[ \t]+\*")
    return [
        path
        for path in sources.paths
        if path not in found
        and (not names.isdisjoint(sources.words(path)) or "import *" in sources.text(path))
        and uses.search(sources.text(path))
        and not imported_files(path, sources).isdisjoint(makers)
    ]


def _taken(module: Module, sources: Sources, found: dict[str, SharedReaders]) -> SharedReaders:
    names: dict[str, str] = {}
    scheme: dict[str, ast.expr] = {}
    for one in sources.taken(module.path):
        there = found.get(one.path)
        if there is None:
            continue
        if one.name == "*":
            names.update({name: full for name, full in there.names.items() if not name.startswith("_")})
        elif one.name in there.names:
            names[one.local] = there.names[one.name]
        scheme.update(there.scheme)
    return SharedReaders(names, scheme)
