"""The configuration that a variable names: app.config.from_object(os.getenv("APP_SETTINGS"))."""

import ast

from okamochi.detect.files.platform_files import StatedValue
from okamochi.detect.serving.factory_arguments import production_class
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.names import assigned
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.reachable import Reached

__all__ = ["config_object"]

GETTERS = frozenset(["os.getenv", "os.environ.get"])


def config_object(objects: FlaskObjects, reached: Reached) -> StatedValue | None:
    """The variable with the import path of the project's only class for production; None when the code names
    no configuration so, or there is no such class, or several."""
    for path in reached.paths:
        module = objects.sources.module(path)
        if "from_object" not in module.text:
            continue
        for node in module.of(ast.Call):
            if not isinstance(node.func, ast.Attribute) or node.func.attr != "from_object" or not node.args:
                continue
            name = _variable(node.args[0], module)
            if not name:
                continue
            best = production_class(objects.sources)
            if best is None:
                return None
            value = str(ast.literal_eval(best.literal))
            return StatedValue(name, value, best.evidence.path, best.evidence.line)
    return None


def _variable(given: ast.expr, module: Module) -> str:
    """That is read without a default, here or into the name that is given."""
    if isinstance(given, ast.Name):
        values = [value for one in module.of(ast.Assign) for name, value in assigned(one) if name == given.id]
        return (
            _variable(values[0], module) if len(values) == 1 and not isinstance(values[0], ast.Name) else ""
        )
    match given:
        case ast.Subscript(value=holder, slice=ast.Constant(value=str(name))):
            return name if module.imports.full(holder) == "os.environ" else ""
        case ast.Call(func=function, args=[ast.Constant(value=str(name))], keywords=[]):
            return name if module.imports.full(function) in GETTERS else ""
        case _:
            return ""
