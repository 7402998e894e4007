"""Servers that a script of the project starts with a text: uvicorn.run("services.server:app").

Python puts the script's own folder where modules are looked for, so the name counts from there."""

import ast
import posixpath
from collections.abc import Iterable, Iterator

import msgspec

from okamochi.containerfiles.command_lines import ServedObject
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import is_true
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex

__all__ = ["served_in_code"]

SERVERS = ("uvicorn", "granian")
STARTS = frozenset({"uvicorn.run", "uvicorn.Config", "granian.Granian", "granian.server.Granian"})
# where the object is named by a keyword
NAMED = frozenset({"app", "target"})
REFERENCE = regex(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
USUAL = regex(r"(?:[^/]+/)?(?:__main__|main|app|run|server|serve|start|manage|api|asgi)\.py|[^/]+\.py")


class ServedInCode(msgspec.Struct, frozen=True):
    served: ServedObject
    evidence: Evidence


def served_in_code(sources: Sources, started: Iterable[str]) -> Iterator[ServedInCode]:
    """Of scripts that start commands run, then of those at the places that scripts to be run have."""
    usual = (path for path in sources.paths if USUAL.fullmatch(path))
    for path in dict.fromkeys((*(one for one in started if one in sources.known), *usual)):
        if any(word in sources.text(path) for word in SERVERS):
            yield from _of_module(sources.module(path))


def _of_module(module: Module) -> Iterator[ServedInCode]:
    folder = posixpath.dirname(module.path)
    for node in module.of(ast.Call):
        called = module.imports.full(node.func)
        if called not in STARTS:
            continue
        keywords = {one.arg: one.value for one in node.keywords}
        given = [*node.args[:1], *(value for name, value in keywords.items() if name in NAMED)]
        text = next((one.value for one in given if isinstance(one, ast.Constant)), None)
        if not isinstance(text, str) or REFERENCE.fullmatch(text) is None:
            continue
        reference = f"{text}()" if is_true(keywords.get("factory")) else text
        server = called.partition(".")[0]
        reason = f"starts {server} with {text}"
        yield ServedInCode(
            ServedObject(server, reference, _folder_given(keywords, folder)),
            Evidence(path=module.path, line=node.lineno, reason=reason),
        )


def _folder_given(keywords: dict[str | None, ast.expr], folder: str) -> str:
    given = keywords.get("app_dir")
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        chosen = posixpath.normpath(given.value)
        return "" if chosen in (".", "") or chosen.startswith(("/", "..")) else chosen
    return folder
