"""What visitors change in the memory of the process that serves them.

todos = []                                 carts = {}                    visits = 0

@app.post("/add")                          carts[user].append(item)      global visits
def add():                                                               visits += 1
    todos.append(request.form["todo"])

Of several workers each has one of its own: a visitor sees one list or another. And each start begins anew.
What a view only looks up and fills (a cache) may be there as often as one likes.
"""

import ast
from collections.abc import Iterable, Iterator

import msgspec

from okamochi.detect.source.bodies import argument_names, flat_statements
from okamochi.detect.source.handlers import CHANGING, HOLDERS, NOT_HELD
from okamochi.detect.source.idle_definitions import VIEWS, is_view
from okamochi.detect.source.names import assigned
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import walk
from okamochi.model.evidence import Evidence
from okamochi.pypi.python_values import last_name

__all__ = ["kept_in_memory"]

View = ast.FunctionDef | ast.AsyncFunctionDef


class Change(msgspec.Struct, frozen=True, eq=False):
    """Of what a module holds as `name`. `key` is the source of the key that a plain `name[key] = value`
    fills, "" for every other change."""

    name: str
    line: int
    view: View
    key: str = ""


def kept_in_memory(paths: Iterable[str], sources: Sources) -> tuple[tuple[str, Evidence], ...]:
    """Each name that views of these modules change, with the first place."""
    found: dict[str, Evidence] = {}
    for path in paths:
        for name, place in _kept_by(path, sources):
            found.setdefault(name, place)
    return tuple(found.items())


def _kept_by(path: str, sources: Sources) -> tuple[tuple[str, Evidence], ...]:
    """Looked for once: the choice of the server asks, and a warning."""
    return sources.remember(("kept in memory", path), lambda: tuple(_changed_names(path, sources)))


def _changed_names(path: str, sources: Sources) -> Iterator[tuple[str, Evidence]]:
    if VIEWS.isdisjoint(sources.words(path)):
        return
    changes = tuple(_changes(sources.module(path), sources))
    for name in dict.fromkeys(one.name for one in changes):
        of_it = [one for one in changes if one.name == name]
        if not all(map(_fills_a_cache, of_it)):
            reason = f"{of_it[0].view.name}() changes {name}, which each process has for itself"
            yield name, Evidence(path=path, line=of_it[0].line, reason=reason)


def _changes(module: Module, sources: Sources) -> Iterator[Change]:
    views = [one for one in module.of(ast.FunctionDef, ast.AsyncFunctionDef) if is_view(one)]
    holders = _holders(module) | _imported(module, sources) if views else set[str]()
    for view in views:
        nodes = walk(view)
        shared = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
        stored = {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        own = (stored - shared) | set(argument_names(view))
        if holders - own:
            for node in nodes:
                yield from _of_contents(node, holders - own, view)
        if shared:
            yield from _of_globals(nodes, shared, view)


def _holders(module: Module) -> set[str]:
    """Names of lists, dictionaries and sets that the module itself makes."""
    return {
        name
        for statement in flat_statements(module.tree.body)
        for name, value in assigned(statement)
        if isinstance(value, ast.List | ast.Dict | ast.Set)
        or (isinstance(value, ast.Call) and last_name(value.func) in HOLDERS)
    }


def _imported(module: Module, sources: Sources) -> set[str]:
    """Those that it takes from other modules of the project."""
    return {
        taken.local
        for taken in sources.taken(module.path)
        if taken.local not in NOT_HELD and taken.name in _holders(sources.module(taken.path))
    }


def _of_contents(node: ast.AST, names: set[str], view: View) -> Iterator[Change]:
    targets: list[ast.expr] = []
    match node:
        case ast.Call(func=ast.Attribute(value=holder, attr=verb)) if verb in CHANGING:
            targets = [holder]
        case ast.Assign(targets=several) | ast.Delete(targets=several):
            targets += [one for one in several if isinstance(one, ast.Subscript)]
        case ast.AugAssign(target=ast.Subscript() as changed):
            targets = [changed]
        case _:
            pass
    for target in targets:
        held: ast.expr = target
        while isinstance(held, ast.Subscript):
            held = held.value
        if isinstance(held, ast.Name) and held.id in names:
            fills = (
                isinstance(node, ast.Assign) and isinstance(target, ast.Subscript) and target.value is held
            )
            key = ast.unparse(target.slice) if fills and isinstance(target, ast.Subscript) else ""
            yield Change(held.id, target.lineno, view, key)


def _of_globals(nodes: list[ast.AST], names: set[str], view: View) -> Iterator[Change]:
    """Not what a condition asks for first: `if model is None: model = load()`."""
    asked = {
        (id(inner), name.id)
        for node in nodes
        if isinstance(node, ast.If)
        for name in walk(node.test)
        if isinstance(name, ast.Name)
        for inner in walk(node)
    }
    for node in nodes:
        match node:
            case ast.AugAssign(target=ast.Name(id=name)) if name in names:
                yield Change(name, node.lineno, view)
            case ast.Assign(targets=[ast.Name(id=name)]) if name in names and (id(node), name) not in asked:
                yield Change(name, node.lineno, view)
            case _:
                pass


def _fills_a_cache(change: Change) -> bool:
    """Whether the view takes out again what it puts in under the same key."""
    if not change.key:
        return False
    for node in walk(change.view):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=key, ctx=ast.Load()):
                pass
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get"), args=[key, *_]):
                pass
            case _:
                continue
        if name == change.name and ast.unparse(key) == change.key:
            return True
    return False
