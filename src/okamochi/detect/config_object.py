"""The configuration that a variable names: app.config.from_object(os.environ["APP_SETTINGS"])."""

import ast

from okamochi.detect.factory_arguments import production_class
from okamochi.detect.flask_objects import FlaskObjects
from okamochi.detect.platform_files import StatedValue
from okamochi.detect.reachable import Reached

__all__ = ["config_object"]


def config_object(objects: FlaskObjects, reached: Reached) -> StatedValue | None:
    """The variable with the import path of the project's only class for production; None when the code names
    no configuration so, or there is no such class, or several."""
    for path in reached.paths:
        module = objects.sources.module(path)
        if "from_object" not in module.text:
            continue
        for node in module.of(ast.Call):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="from_object"),
                    args=[ast.Subscript(value=holder, slice=ast.Constant(value=str(name)))],
                ) if module.imports.full(holder) == "os.environ":
                    best = production_class(objects.sources)
                    if best is None:
                        return None
                    value = str(ast.literal_eval(best.literal))
                    return StatedValue(name, value, best.evidence.path, best.evidence.line)
                case _:
                    continue
    return None
