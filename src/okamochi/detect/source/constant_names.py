"""Variables whose names stand in constants: os.environ.get(KEY) beside KEY = "DATABASE_URL"."""

import ast
from collections.abc import Iterator

from okamochi.detect.source.python_source import Module
from okamochi.detect.source.read_values import name_in
from okamochi.detect.source.sources import Sources

__all__ = ["constant_names"]


def constant_names(module: Module, sources: Sources | None) -> dict[str, str]:
    """Of the module's own level, and of those that it takes from other modules of the project by name."""
    found = dict(_taken(module, sources)) if sources is not None else {}
    return {**found, **_own(module)}


def _taken(module: Module, sources: Sources) -> Iterator[tuple[str, str]]:
    for one in sources.taken(module.path):
        if one.name.isupper():
            known = _at(one.path, sources)
            if one.name in known:
                yield one.local, known[one.name]


def _at(path: str, sources: Sources) -> dict[str, str]:
    return sources.remember(("constants", path), lambda: _own(sources.module(path)))


def _own(module: Module) -> dict[str, str]:
    """Assigned once, in capital letters."""
    texts: dict[str, list[str]] = {}
    for statement in module.tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name.isupper():
                texts.setdefault(name, []).append(name_in(value))
            case _:
                pass
    return {name: found[0] for name, found in texts.items() if len(found) == 1 and found[0]}
