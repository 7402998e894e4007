"""Modules that the code imports from elsewhere: neither the project's own nor the standard library's."""

import ast
import sys

from okamochi.detect.base import Detected
from okamochi.detect.source.import_lines import imported_parts
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import text_of
from okamochi.model.evidence import Evidence
from okamochi.model.import_names import is_known, named_part
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = ["third_party_imports"]


def third_party_imports(sources: Sources) -> tuple[Detected[str], ...]:
    """Top-level names, or what tells whose a module is, sorted, each with the first place that imports it."""
    first: dict[str, Evidence] = {}
    for path in sources.paths:
        for part, line in _imports(sources.module(path)):
            name = part.partition(".")[0]
            if name in sys.stdlib_module_names or name in OF_PYTHON_2 or name == "__main__":
                continue
            if sources.find(name, importer=path) is not None:
                continue
            if f"src/{name}" in sources.package_folders or _is_beside(part, path, sources):
                continue
            first.setdefault(part, Evidence(path=path, line=line, reason=f"imports {part}"))
    return tuple(Detected(name, (first[name],)) for name in sorted(first))


def _is_beside(part: str, path: str, sources: Sources) -> bool:
    """A folder or a module next to one of the folders that the importer is in: `from core.config import X` in
    app/api/router.py, of a program that is run in app/. The index has a stranger's package of that name."""
    folder, (name, _, below) = path, part.partition(".")
    while folder:
        folder = folder.rpartition("/")[0]
        near = f"{folder}/{name}".lstrip("/")
        if near in sources.package_folders or (not below and f"{near}.py" in sources.known):
            return True
    return False


# What Python 2's standard library had under other names: https://docs.python.org/3/whatsnew/3.0.html
OF_PYTHON_2 = word_set(
    "BaseHTTPServer ConfigParser Cookie HTMLParser Queue SimpleHTTPServer SocketServer StringIO Tkinter "
    "__builtin__ cPickle cStringIO commands cookielib httplib robotparser thread urllib2 urlparse xmlrpclib"
)
OF_DJANGO = regex(r"(?:channels|daphne|django|djoser|wagtail|whitenoise)$|django_|drf_")
DJANGO_LISTS = frozenset(["INSTALLED_APPS", "THIRD_PARTY_APPS", "MIDDLEWARE", "MIDDLEWARE_CLASSES"])
MISSING = frozenset(["ImportError", "ModuleNotFoundError", "Exception", ""])


def _imports(module: Module) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    optional = {id(node) for guarded in module.of(ast.Try) for node in _optional(guarded)}
    found += _loaded_by_django(module)
    for node in module.of(ast.Import, ast.ImportFrom):
        if id(node) not in optional:
            names = {named_part(name) for name in imported_parts(node)}
            found += [(name, node.lineno) for name in sorted(names) if name]
    return found


def _loaded_by_django(module: Module) -> list[tuple[str, int]]:
    """INSTALLED_APPS = ["django.contrib.admin", "crispy_forms", ...]: Django imports them.

    Only names of which it is known whose they are: under another, such as "polls", an index has the package
    of a stranger."""
    found: list[tuple[str, int]] = []
    for node in module.of(ast.Assign, ast.AugAssign):
        if not isinstance(node, ast.Assign | ast.AugAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if not any(isinstance(one, ast.Name) and one.id in DJANGO_LISTS for one in targets):
            continue
        for text in node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else ():
            name = text_of(text).split(".")[0]
            if is_known(name) or OF_DJANGO.match(name):
                found.append((name, text.lineno))
    return found


def _optional(statement: ast.Try) -> list[ast.stmt]:
    """Imports that the code does without: `try: import simplejson`, `except ImportError: import json`."""
    if not any(_goes_on(handler) for handler in statement.handlers):
        return []
    return [one for one in statement.body if isinstance(one, ast.Import | ast.ImportFrom)]


def _goes_on(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {ast.unparse(one) if one is not None else "" for one in caught}
    ends = any(isinstance(one, ast.Raise) or "exit(" in ast.unparse(one) for one in handler.body)
    return bool(names & MISSING) and not ends
