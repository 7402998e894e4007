"""Finds, in the source, what an application factory's required arguments could be."""

import ast
from collections.abc import Iterator

import msgspec

from okamochi.detect.files.app_tests import OF_TESTS
from okamochi.detect.source.constants import Constants
from okamochi.detect.source.flask_objects import ClassDefinition, FlaskObjects, Function
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import text_of, walk
from okamochi.model.evidence import Evidence
from okamochi.model.plan import Framework
from okamochi.pypi.python_values import last_name

__all__ = ["Argument", "arguments_for", "production_class", "production_key", "required_parameters"]

PRODUCTION_NAMES = ("production", "prod", "prd", "live", "default")


class Argument(msgspec.Struct, frozen=True):
    """The text of a literal that gunicorn may pass, and why."""

    literal: str
    evidence: Evidence


def required_parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    """Parameters without a default, in order; keyword-only ones end with "="."""
    positional = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    required = positional[: len(positional) - len(node.args.defaults)]
    keywords = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return (*required, *(f"{argument.arg}=" for argument, default in keywords if default is None))


def arguments_for(function: Function, objects: FlaskObjects) -> tuple[Argument, ...]:
    """One argument for each required parameter; empty when the source does not tell all of them."""
    required = required_parameters(function.node)
    if len(required) != 1:
        return ()
    name = required[0].removesuffix("=")
    prefix = required[0] if required[0].endswith("=") else ""
    finders = (_from_calls, _from_keys, _from_classes, _from_given_classes, _of_paste)
    for finder in finders:
        found = finder(function, name, objects)
        if found is not None:
            return (Argument(f"{prefix}{found.literal}", found.evidence),)
    return ()


def _from_calls(function: Function, name: str, objects: FlaskObjects) -> Argument | None:
    """Literals that other code of the project passes, those that sound like production first."""
    sources = objects.sources
    calls = [
        argument
        for module in sources.mentioning(function.node.name)
        for argument in _literals(module, function, sources)
    ]
    ranked = sorted(calls, key=lambda argument: _rank(ast.literal_eval(argument.literal)))
    if not ranked:
        return None
    best = ranked[0]
    certain = len({argument.literal for argument in ranked}) == 1
    return best if certain or _rank(ast.literal_eval(best.literal)) < len(PRODUCTION_NAMES) else None


def _literals(module: Module, function: Function, sources: Sources) -> Iterator[Argument]:
    for node in module.nodes:
        if not isinstance(node, ast.Call) or last_name(node.func) != function.node.name:
            continue
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        literal = Constants(sources).known(given[0], module).value if len(given) == 1 else None
        if isinstance(literal, str):
            reason = f"calls {function.node.name}({literal!r})"
            yield Argument(repr(literal), Evidence(path=module.path, line=node.lineno, reason=reason))


def _rank(name: str) -> int:
    return PRODUCTION_NAMES.index(name.lower()) if name.lower() in PRODUCTION_NAMES else len(PRODUCTION_NAMES)


def _from_keys(function: Function, name: str, objects: FlaskObjects) -> Argument | None:
    """`configurations[name]`, where that is a dict display of the project with a key for production."""
    for node in walk(function.node):
        holder = _indexed_by(node, name)
        if holder is None:
            continue
        for module in _where(holder, function, objects.sources):
            found = production_key(module, holder)
            if found is not None:
                return found
    return None


def _indexed_by(node: ast.AST, name: str) -> str | None:
    match node:
        case ast.Subscript(value=holder, slice=ast.Name(id=key)) if key == name:
            return last_name(holder)
        case ast.Call(func=ast.Attribute(value=holder, attr="get"), args=[ast.Name(id=key), *_]) if (
            key == name
        ):
            return last_name(holder)
        case _:
            return None


def _where(holder: str, function: Function, sources: Sources) -> Iterator[Module]:
    yield sources.module(function.path)
    yield from sources.mentioning(holder)


def production_key(module: Module, holder: str) -> Argument | None:
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(keys=keys)) if name == holder:
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict(keys=keys)) if name == holder:
                pass
            case _:
                continue
        texts = filter(None, map(text_of, keys))
        best = min(texts, key=_rank, default="")
        if best and _rank(best) < len(PRODUCTION_NAMES):
            reason = f"{holder} has the key {best!r}"
            return Argument(repr(best), Evidence(path=module.path, line=statement.lineno, reason=reason))
    return None


def _from_classes(function: Function, name: str, objects: FlaskObjects) -> Argument | None:
    """`app.config.from_object(name)` takes an import path: that of the project's production class."""
    if not any(_is_from_object(node, name) for node in walk(function.node)):
        return None
    return production_class(objects.sources)


def _from_given_classes(function: Function, name: str, objects: FlaskObjects) -> Argument | None:
    """The import path of the only class that the project's own start hands to such a factory:
    create_app(Config()), create_app(config.Config)."""
    if not any(_is_from_object(node, name) for node in walk(function.node)):
        return None
    found: dict[str, Argument] = {}
    for module in objects.sources.mentioning(function.node.name):
        for call in module.of(ast.Call) if OF_TESTS.fullmatch(module.path) is None else ():
            if last_name(call.func) != function.node.name or len(call.args) != 1 or call.keywords:
                continue
            given = _class_given(call.args[0], module, objects)
            if given is not None:
                dotted = objects.sources.dotted(given.path)
                literal = repr(f"{dotted}.{given.node.name}")
                reason = f"calls {function.node.name}() with the class {given.node.name}"
                place = Evidence(path=module.path, line=call.lineno, reason=reason)
                found.setdefault(literal, Argument(literal, place))
    return next(iter(found.values())) if len(found) == 1 else None


def _of_paste(function: Function, name: str, objects: FlaskObjects) -> Argument | None:
    """Pyramid's `main(global_config, **settings)`: what Paste Deploy has to say beside the settings is no
    need of an app's. https://docs.pylonsproject.org/projects/pyramid/en/latest/narr/startup.html"""
    made = objects.returned(function)
    if made is None or made.framework is not Framework.PYRAMID or function.node.args.kwarg is None:
        return None
    reason = f"{function.node.name}() has the form that Paste Deploy calls; no .ini leads to it"
    return Argument("{}", Evidence(path=function.path, line=function.node.lineno, reason=reason))


def _class_given(expression: ast.expr, module: Module, objects: FlaskObjects) -> ClassDefinition | None:
    """The project's class in Config and in Config()."""
    if isinstance(expression, ast.Call) and not expression.args and not expression.keywords:
        expression = expression.func
    holder, name = module.path, ""
    if isinstance(expression, ast.Name):
        name = expression.id
    elif isinstance(expression, ast.Attribute) and isinstance(expression.value, ast.Name):
        holder, name = objects.module_named(module.path, expression.value.id) or "", expression.attr
    value = objects.resolve(holder, name) if holder and name else None
    return value if isinstance(value, ClassDefinition) else None


def production_class(sources: Sources) -> Argument | None:
    """The import path of the only class whose name begins with Prod."""
    found: list[tuple[str, Argument]] = []
    for module in sources.mentioning("class Prod"):
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and node.name.startswith("Prod"):
                dotted = sources.dotted(module.path)
                literal = repr(f"{dotted}.{node.name}")
                reason = f"class {node.name} is the configuration for production"
                evidence = Evidence(path=module.path, line=node.lineno, reason=reason)
                found.append((node.name, Argument(literal, evidence)))
    return found[0][1] if len(found) == 1 else None


def _is_from_object(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr="from_object"), args=[ast.Name(id=argument)]):
            return argument == name
        case _:
            return False
