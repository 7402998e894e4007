"""A key that signs sessions and stands in the source: whoever reads that can log in as anybody.
https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY"""

import ast
from collections.abc import Iterator

from okamochi.detect.source.python_source import Module, is_main_guard
from okamochi.detect.source.syntax import text_entries, text_of
from okamochi.detect.understanding import Understood
from okamochi.model.evidence import Decision, Evidence
from okamochi.system.patterns import regex

KEYS = frozenset(["SECRET_KEY", "secret_key"])
# what sets the key from outside, under whatever name
FROM_OUTSIDE = frozenset(["from_prefixed_env", "from_envvar"])
OF_THE_DESK = regex(r"(?i).*(?:test|dev|local|debug)")


def warn(found: Understood) -> tuple[Decision, ...]:
    """None where another line sets the key to what is no text: that is production's."""
    places: list[Evidence] = []
    for path in found.reached.paths:
        words = found.sources.words(path)
        if not FROM_OUTSIDE.isdisjoint(words):
            return ()
        if KEYS.isdisjoint(words):
            continue
        for value in values_of_keys(found.sources.module(path)):
            if not text_of(value):
                return ()
            places.append(Evidence(path=path, line=value.lineno, reason="the key that signs sessions"))
    if not places:
        return ()
    told = (
        "Warning: the app's SECRET_KEY stands in its source, and whoever reads that can log in as anybody: "
        'write os.environ["SECRET_KEY"], or os.environ.get("SECRET_KEY", "dev") for the desk, and up makes '
        "one up"
    )
    return (Decision.detected("environment", told, tuple(places)),)


def values_of_keys(module: Module) -> Iterator[ast.expr]:
    """What names, attributes, entries and keyword arguments that are called so are set to."""
    for node in production_nodes(module):
        match node:
            case ast.Assign(targets=[target], value=value) if name_of(target) in KEYS:
                yield value
            case ast.AnnAssign(target=target, value=ast.expr() as value) if name_of(target) in KEYS:
                yield value
            case ast.keyword(arg=str(name), value=value) if name in KEYS:
                yield value
            case ast.Dict():
                yield from (value for key, value in text_entries(node).items() if key in KEYS)
            case _:
                continue


def production_nodes(module: Module) -> Iterator[ast.AST]:
    """Without the main guard and classes that are called like the desk's."""
    waiting: list[ast.AST] = [module.tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt) and is_main_guard(node):
            continue
        if isinstance(node, ast.ClassDef) and OF_THE_DESK.match(node.name):
            continue
        yield node
        waiting += ast.iter_child_nodes(node)


def name_of(target: ast.expr) -> str:
    """secret_key of app.secret_key, SECRET_KEY of app.config["SECRET_KEY"]."""
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=key):
            return text_of(key)
        case _:
            return ""
