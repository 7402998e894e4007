"""The variable without which the settings do not know whether DEBUG is on: in production it is not.

It is left to people where the word for no would be taken for yes: `DEBUG = os.environ["DEBUG"]`.
"""

import ast
from collections.abc import Container, Iterable, Iterator

from okamochi.detect.frameworks.django import DjangoSettings, given_to
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import walk
from okamochi.system.patterns import regex

__all__ = ["debug_off"]

NUMBER = regex(r"\bint\(")
# what takes the word for no: a comparison, environ's and decouple's ways, distutils'
SAYS_NO = regex(r"\.bool\(|cast=bool|strtobool\(| == | in [\[({]")
# DEBUG = ... in a class or a module, app.config["DEBUG"] = ..., app.debug = ...
OF_FLASK = regex(r"DEBUG|\w+\.debug|\w+\.config\[['\"]DEBUG['\"]\]")


def debug_off(
    sources: Sources, settings: DjangoSettings, reached: Iterable[str], required: Container[str]
) -> tuple[tuple[str, str], ...]:
    """`reached` are the modules that the server loads; of Django, its settings count alone."""
    if settings.paths:
        _, values = given_to("DEBUG", sources, settings)
        return _off(values[0], required) if len(values) == 1 else ()
    found = {_off(one, required) for one in _given(sources, reached) if _names(one, required)}
    return found.pop() if len(found) == 1 else ()


def _given(sources: Sources, reached: Iterable[str]) -> Iterator[ast.expr]:
    for path in reached:
        for node in sources.module(path).of(ast.Assign) if "debug" in sources.text(path).lower() else ():
            if any(OF_FLASK.fullmatch(ast.unparse(target)) for target in node.targets):
                yield node.value


def _names(value: ast.expr, required: Container[str]) -> list[str]:
    constants = [one.value for one in walk(value) if isinstance(one, ast.Constant)]
    return [one for one in constants if isinstance(one, str) and one in required]


def _off(value: ast.expr, required: Container[str]) -> tuple[tuple[str, str], ...]:
    names, text = _names(value, required), ast.unparse(value)
    if len(names) != 1 or not (NUMBER.search(text) or SAYS_NO.search(text)):
        return ()
    return ((names[0], "0" if NUMBER.search(text) else "False"),)
