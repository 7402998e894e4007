"""What sets the app up below `if __name__ == "__main__"`, which a server of production never runs.

if __name__ == "__main__":
    app.config.from_object(Development)
    csrf.init_app(app)
    app.run()

What stands right there, in the module that the server loads, is done by the kit, and so is what a function
does that is called there with nothing, such as main(); what is about an app that is made there is told, and
what the words of a command line lead to.
"""

import ast
from collections.abc import Iterator

import msgspec

from okamochi.detect.serving.set_up import asks_the_command_line, set_up_by
from okamochi.detect.serving.web_applications import Candidate
from okamochi.detect.source.bodies import flat_statements
from okamochi.detect.source.python_source import Module, is_main_guard
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import descendants
from okamochi.model.evidence import Evidence
from okamochi.model.plan import APP_ROOT, Framework
from okamochi.pypi.python_values import last_name

__all__ = ["below_main"]


class BelowMain(msgspec.Struct, frozen=True):
    """`done` are the places that the kit does, `told` those that it cannot. `variable` tells the kit what to
    do: the module's file, and how the statements begin; "" for nothing."""

    done: tuple[Evidence, ...] = ()
    told: tuple[Evidence, ...] = ()
    variable: str = ""


def below_main(sources: Sources, candidate: Candidate) -> BelowMain:
    """Nothing of what is done elsewhere in the module, too."""
    if candidate.framework is not Framework.FLASK or not candidate.name:
        return BelowMain()
    key = ("below main", candidate.path, candidate.name)
    return sources.remember(key, lambda: _below_main(sources, candidate))


def _below_main(sources: Sources, candidate: Candidate) -> BelowMain:
    done: dict[Evidence, str] = {}
    told: list[Evidence] = []
    for path in dict.fromkeys((candidate.path, candidate.origin[0])):
        runs = path == candidate.path and not candidate.is_factory and not path.endswith("__init__.py")
        for place, beginning in _places(sources, path, candidate) if "__main__" in sources.text(path) else ():
            if runs and beginning:
                done[place] = beginning
            else:
                told.append(place)
    names = dict.fromkeys(done.values())
    variable = "; ".join((f"{APP_ROOT}/{candidate.path}", *names)) if names else ""
    return BelowMain(tuple(done), tuple(told), variable)


def _places(sources: Sources, path: str, candidate: Candidate) -> Iterator[tuple[Evidence, str]]:
    """Each with the beginning of its statement; "" for one that the kit cannot do by itself."""
    module = sources.module(path)
    for guard in module.tree.body:
        if isinstance(guard, ast.If) and is_main_guard(guard):
            apps = _apps(module, guard, candidate)
            served = sources.module(candidate.path)
            others = [(one, module) for one in module.tree.body if not is_main_guard(one)]
            others += [(one, served) for one in served.tree.body if not is_main_guard(one)]
            above = (set_up_by(one, holder, sources) for one, holder in others)
            elsewhere = {one.beginning for one in above if one is not None}
            plain = _plain(module, guard, apps)
            alone = {id(one) for one in plain}
            for statement in (*guard.body, *_of_its_functions(module, guard, apps)):
                kept = id(statement) in alone and not asks_the_command_line(statement, plain)
                found = set_up_by(statement, module, sources)
                if found is not None and found.of_an_app and not _is_about(statement, apps):
                    found = None
                if found is not None and found.beginning not in elsewhere:
                    place = Evidence(path=module.path, line=statement.lineno, reason=found.shown)
                    yield place, found.beginning if kept else ""
                elif (handed := _by_a_function(statement, sources, module, apps)) is not None:
                    called = ast.unparse(statement).partition("(")[0]
                    yield handed, called if kept else ""


def _plain(module: Module, guard: ast.If, apps: frozenset[str]) -> list[ast.stmt]:
    """What is done one after the other: the guard's statements, and those of functions that it calls with
    nothing, such as main(), in their place."""
    inner = {id(one) for one in _of_its_functions(module, guard, apps)}
    functions = {one.name: one for one in module.tree.body if isinstance(one, ast.FunctionDef)}
    plain: list[ast.stmt] = []
    for statement in guard.body:
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=[], keywords=[])) if name in functions:
                plain.append(statement)
                plain += [one for one in functions[name].body if id(one) in inner]
            case _:
                plain.append(statement)
    return plain


def _by_a_function(
    statement: ast.stmt, sources: Sources, module: Module, apps: frozenset[str]
) -> Evidence | None:
    """`initialize_app(app)`, a function of the module that nothing else calls and that sets up what it is
    given."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=[ast.Name(id=app)])) if app in apps:
            pass
        case _:
            return None
    calls = [one for one in module.of(ast.Call) if last_name(one.func) == name]
    others = (path for path in sources.all_paths if path != module.path)
    if len(calls) != 1 or any(name in sources.words(path) for path in others):
        return None
    for function in module.tree.body:
        if isinstance(function, ast.FunctionDef) and function.name == name and function.args.args:
            given = frozenset([function.args.args[0].arg])
            for one in flat_statements(function.body):
                found = set_up_by(one, module, sources)
                if found is not None and found.of_an_app and _is_about(one, given):
                    reason = f"calls {name}({app}), which {found.shown}"
                    return Evidence(path=module.path, line=statement.lineno, reason=reason)
    return None


def _of_its_functions(module: Module, guard: ast.If, apps: frozenset[str]) -> Iterator[ast.stmt]:
    """The statements of functions that the guard alone calls, such as main(), but for those that
    have an app of that name themselves."""
    called = [node for node in descendants(guard) if isinstance(node, ast.Call)]
    inside = {id(node) for node in called}
    names = {node.func.id for node in called if isinstance(node.func, ast.Name)}
    names -= {last_name(node.func) for node in module.of(ast.Call) if id(node) not in inside}
    for function in module.tree.body:
        if isinstance(function, ast.FunctionDef) and function.name in names:
            body = tuple(flat_statements(function.body))
            own = {
                name for one in body if isinstance(one, ast.Assign) for name in map(ast.unparse, one.targets)
            }
            if own.isdisjoint(apps):
                yield from body


def _apps(module: Module, guard: ast.If, candidate: Candidate) -> frozenset[str]:
    """Names of the application: the one that the server loads, and what the guard has its factory make."""
    path, line = candidate.origin
    names = {candidate.name} if module.path == candidate.path and not candidate.is_factory else set[str]()
    for statement in (*module.tree.body, *guard.body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function)):
                made = candidate.is_factory and last_name(function) == candidate.name
                if made or (module.path == path and statement.lineno == line):
                    names.add(name)
            case _:
                pass
    return frozenset(names)


def _is_about(statement: ast.stmt, apps: frozenset[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in apps for node in descendants(statement))
