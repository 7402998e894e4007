"""Keyword arguments that a call takes out of a dict: connect(**settings), where settings = {"host": "db"}."""

import ast

from okamochi.detect.source.constants import Constants
from okamochi.detect.source.module_index import MODULE_SCOPE
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import text_of

__all__ = ["KEYWORDS", "spread"]

KEYWORDS = {
    **dict.fromkeys(("user", "username", "usr"), "user"),
    **dict.fromkeys(("password", "passwd", "pass"), "password"),
    **dict.fromkeys(("database", "db", "dbname", "name"), "database"),
    **dict.fromkeys(("host", "hostname", "hostaddr", "server"), "host"),
    "port": "port",
}
"""What a client's arguments are of an address."""


def spread(call: ast.Call, module: Module, sources: Sources) -> ast.Call:
    """The call with the entries in the place of each ** whose dict is known; others stay."""
    if all(one.arg is not None for one in call.keywords):
        return call
    keywords: list[ast.keyword] = []
    for one in call.keywords:
        held = _entries(one.value, module, sources) if one.arg is None else None
        keywords += [one] if held is None else held
    return ast.copy_location(ast.Call(func=call.func, args=call.args, keywords=keywords), call)


def _entries(value: ast.expr, module: Module, sources: Sources) -> list[ast.keyword] | None:
    """None where it is no dict that is written once and stays as it is."""
    match value:
        case ast.Dict(keys=keys, values=values):
            names = [text_of(one) for one in keys]
            if not all(names):
                return None
            return [ast.keyword(arg=name, value=one) for name, one in zip(names, values, strict=True)]
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return keywords if all(one.arg is not None for one in keywords) else None
        case ast.Name(id=name):
            return _named(value, module, sources) or _taken(name, module, sources)
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return _of_self(name, module, sources)
        case ast.Attribute(value=ast.Name(id=holder), attr=name) if path := sources.module_called(
            holder, module.path
        ):
            return _elsewhere(name, sources.module(path), sources)
        case _:
            return None


def _named(node: ast.Name, module: Module, sources: Sources) -> list[ast.keyword] | None:
    index = module.index
    scope = index.scopes.get(id(node), MODULE_SCOPE)
    while scope != MODULE_SCOPE and (scope, node.id) not in index.values:
        if (scope, node.id) in index.parameters:
            return None
        scope = index.outer.get(scope, MODULE_SCOPE)
    values = index.values.get((scope, node.id), ())
    if len(values) != 1 or isinstance(values[0], ast.Name) or _is_changed(node.id, module):
        return None
    return _entries(values[0], module, sources)


def _of_self(name: str, module: Module, sources: Sources) -> list[ast.keyword] | None:
    """self.settings = {"host": "db"}, where one place of the module writes it, and none changes it."""
    stored = [one for one in module.of(ast.Attribute) if one.attr == name and isinstance(one.ctx, ast.Store)]
    written = [
        one.value
        for one in module.of(ast.Assign)
        if any(isinstance(target, ast.Attribute) and target.attr == name for target in one.targets)
    ]
    if len(stored) != 1 or len(written) != 1 or _is_changed(name, module):
        return None
    return _entries(written[0], module, sources) if isinstance(written[0], ast.Dict | ast.Call) else None


def _is_changed(name: str, module: Module) -> bool:
    """settings["host"] = ..., settings.update(...)"""
    stored = (one for one in module.of(ast.Subscript) if isinstance(one.ctx, ast.Store))
    called = (one.func for one in module.of(ast.Call) if isinstance(one.func, ast.Attribute))
    holders = [*(one.value for one in stored), *(one.value for one in called if one.attr == "update")]
    return any(name in (getattr(one, "id", ""), getattr(one, "attr", "")) for one in holders)


def _taken(name: str, module: Module, sources: Sources) -> list[ast.keyword] | None:
    """from config import SETTINGS"""
    for one in sources.taken(module.path):
        if one.local == name:
            return _elsewhere(one.name, sources.module(one.path), sources)
    return None


def _elsewhere(name: str, module: Module, sources: Sources) -> list[ast.keyword] | None:
    """Of another module, whose own names say nothing here: their texts stand for them."""
    found = _named(ast.Name(id=name, ctx=ast.Load()), module, sources)
    constants = Constants(sources)
    return found and [
        ast.keyword(arg=one.arg, value=ast.Constant(value=text) if text is not None else one.value)
        for one, text in ((one, constants.text(one.value, module)) for one in found)
    ]
