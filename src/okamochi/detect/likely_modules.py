"""Which modules can hold a web application, told by their text: the others are never parsed."""

import posixpath
import re

from okamochi.detect.frameworks.classes import APPLICATIONS
from okamochi.detect.python_source import Sources
from okamochi.system.patterns import regex

__all__ = ["likely_modules"]

MAKERS = tuple(dict.fromkeys(word for one in APPLICATIONS for word in one.words))
IMPORT = regex(r"^[ \t]*(?:from|import)\b[^\n(]*(?:\([^)]*\))?", re.MULTILINE)
PACKAGE_ITSELF = regex(r"from[ \t]+\.+[ \t]+import\b")
WORD = regex(r"\w+")


def likely_modules(sources: Sources) -> tuple[str, ...]:
    """Paths of the app's modules that name a package of application classes, and of those that import one of
    these, directly or not; in the order of the paths. Rather too many than too few."""
    importers: dict[str, list[str]] = {}
    paths = tuple(path for path in sources.paths if not is_shadowed(path, sources.known))
    stems = {_stem(path) for path in paths}
    for path in paths:
        for word in _imported_words(path, sources.text(path)) & stems:
            importers.setdefault(word, []).append(path)
    waiting = [path for path in paths if any(one in sources.text(path) for one in MAKERS)]
    found = set(waiting)
    while waiting:
        new = [path for path in importers.pop(_stem(waiting.pop()), ()) if path not in found]
        found.update(new)
        waiting += new
    return tuple(path for path in paths if path in found)


def is_shadowed(path: str, known: frozenset[str]) -> bool:
    """Whether Python finds a package of the same name first: app/__init__.py beside app.py."""
    return f"{path.removesuffix('.py')}/__init__.py" in known


def _stem(path: str) -> str:
    """The last part of the name that others import a module by: that of its folder for a package."""
    name = posixpath.basename(path).removesuffix(".py")
    return posixpath.basename(posixpath.dirname(path)) if name == "__init__" else name


def _imported_words(path: str, text: str) -> set[str]:
    words: set[str] = set()
    for match in IMPORT.finditer(text):
        words.update(WORD.findall(match.group()))
        if PACKAGE_ITSELF.match(match.group().lstrip()):
            words.update(path.split("/")[:-1])
    return words
