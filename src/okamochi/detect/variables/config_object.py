"""The configuration that a variable names: app.config.from_object(os.getenv("APP_SETTINGS")), or
from_object(configurations[os.getenv("APP_ENV")]); and create_app(os.getenv("APP_SETTINGS")) of a factory that
hands on what it is given."""

import ast
from collections.abc import Iterator

from okamochi.detect.files.platform_files import StatedValue
from okamochi.detect.serving.factory_arguments import Argument, production_class, production_key
from okamochi.detect.source.constants import Constants
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import descendants
from okamochi.pypi.python_values import last_name

__all__ = ["config_object"]


def config_object(objects: FlaskObjects, reached: Reached) -> StatedValue | None:
    """The variable with the import path of the project's only class for production, or with its key; None
    when the code names no configuration so, or there is no such class, or several. Its place is that of the
    class."""
    variable, holder = next(_variables(objects.sources, reached), ("", ""))
    best = None
    if variable:
        best = _of_key(objects.sources, holder) if holder else production_class(objects.sources)
    if best is None:
        return None
    value = str(ast.literal_eval(best.literal))
    return StatedValue(variable, value, best.evidence.path, best.evidence.line)


def _of_key(sources: Sources, holder: str) -> Argument | None:
    found = (production_key(module, holder) for module in sources.mentioning(holder))
    return next((one for one in found if one is not None), None)


def _variables(sources: Sources, reached: Reached) -> Iterator[tuple[str, str]]:
    """Each with the name of the dictionary of which it tells the key, "" for none."""
    constants = Constants(sources)
    for expression, module in _given(sources, reached):
        found, holder = constants.known(expression, module), ""
        if isinstance(expression, ast.Subscript) and not found.variable:
            found, holder = constants.known(expression.slice, module), last_name(expression.value)
        if found.variable and found.value is None:
            yield found.variable, holder


def _given(sources: Sources, reached: Reached) -> Iterator[tuple[ast.expr, Module]]:
    """What from_object() is given; of a parameter, what the calls of its function are."""
    for path in reached.paths:
        module = sources.module(path)
        if "from_object" not in module.text:
            continue
        calls = [one for one in module.of(ast.Call) if _is_from_object(one)]
        yield from ((one.args[0], module) for one in calls)
        names = {one.args[0].id for one in calls if isinstance(one.args[0], ast.Name)}
        for function in module.of(ast.FunctionDef) if names else ():
            parameters = [one.arg for one in function.args.args]
            places = [place for place, name in enumerate(parameters) if name in names]
            if places and any(isinstance(one, ast.Call) and one in calls for one in descendants(function)):
                yield from _of_calls(function.name, parameters, places[0], sources, reached)


def _of_calls(
    name: str, parameters: list[str], place: int, sources: Sources, reached: Reached
) -> Iterator[tuple[ast.expr, Module]]:
    for path in reached.paths:
        module = sources.module(path) if name in sources.words(path) else None
        for call in module.of(ast.Call) if module is not None else ():
            if module is None or last_name(call.func) != name:
                continue
            if place < len(call.args):
                yield call.args[place], module
            yield from ((one.value, module) for one in call.keywords if one.arg == parameters[place])


def _is_from_object(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "from_object" and bool(call.args)
