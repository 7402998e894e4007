"""Models of the project's own in the fields of pydantic-settings classes: each of their fields is a variable
of its own where the class names a delimiter, DATABASE__HOST for `database: Database`.

https://docs.pydantic.dev/latest/concepts/pydantic_settings/#parsing-environment-variable-values
"""

import ast
from collections.abc import Iterator

import msgspec

from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.variables.settings_classes import ROOT
from okamochi.pypi.python_values import last_name

__all__ = ["lineage_of", "model_of"]

MODELS = frozenset(["BaseModel", ROOT])
DEPTH = 5
ANCESTORS = 200


class Model(msgspec.Struct, frozen=True, eq=False):
    """`reads_itself`: it is a class of settings, too, whose fields are variables under names of its own."""

    module: Module
    node: ast.ClassDef
    reads_itself: bool


def model_of(annotation: ast.expr, module: Module, sources: Sources) -> Model | None:
    """Of `Database`, `Database | None` and `Optional[Database]`; None for what is no model of the project."""
    for name in _names(annotation):
        found = _class(name, module, sources)
        if found is None:
            continue
        roots = {last_name(base) for one in (found, *lineage_of(*found, sources)) for base in one[1].bases}
        if not roots.isdisjoint(MODELS):
            return Model(*found, reads_itself=ROOT in roots)
    return None


def lineage_of(
    module: Module, node: ast.ClassDef, sources: Sources
) -> tuple[tuple[Module, ast.ClassDef], ...]:
    """The project's classes that a class comes from, the nearest first."""
    found: list[tuple[Module, ast.ClassDef]] = []
    waiting = [(module, node)]
    while waiting and len(found) < ANCESTORS:
        place, heir = waiting.pop(0)
        for base in heir.bases:
            parent = _class(last_name(base), place, sources)
            if parent is not None and parent not in found and parent[1] is not heir:
                found.append(parent)
                waiting.append(parent)
    return tuple(found)


def _names(annotation: ast.expr) -> Iterator[str]:
    match annotation:
        case ast.Name() | ast.Attribute():
            yield last_name(annotation)
        case ast.Constant(value=str(text)) if text.isidentifier():
            yield text
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from _names(left)
            yield from _names(right)
        case ast.Subscript(value=outer, slice=inner) if last_name(outer) in ("Optional", "Annotated"):
            yield from _names(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        case _:
            pass


def _class(
    name: str, module: Module, sources: Sources, depth: int = DEPTH
) -> tuple[Module, ast.ClassDef] | None:
    """By the name that a module has for it, also where packages hand it on."""
    own = next((one for one in module.of(ast.ClassDef) if one.name == name), None)
    if own is not None:
        return module, own
    for one in sources.taken(module.path) if depth else ():
        if one.local == name:
            return _class(one.name, sources.module(one.path), sources, depth - 1)
    return None
