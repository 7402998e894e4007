"""The configuration that a variable names: app.config.from_object(os.getenv("APP_SETTINGS"))."""

import ast

from okamochi.detect.files.platform_files import StatedValue
from okamochi.detect.serving.factory_arguments import production_class
from okamochi.detect.source.constants import Constants
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.reachable import Reached

__all__ = ["config_object"]


def config_object(objects: FlaskObjects, reached: Reached) -> StatedValue | None:
    """The variable with the import path of the project's only class for production; None when the code names
    no configuration so, or there is no such class, or several."""
    constants = Constants(objects.sources)
    for path in reached.paths:
        module = objects.sources.module(path)
        if "from_object" not in module.text:
            continue
        for node in module.of(ast.Call):
            if not isinstance(node.func, ast.Attribute) or node.func.attr != "from_object" or not node.args:
                continue
            found = constants.known(node.args[0], module)
            if not found.variable or found.value is not None:
                continue
            best = production_class(objects.sources)
            if best is None:
                return None
            value = str(ast.literal_eval(best.literal))
            return StatedValue(found.variable, value, best.evidence.path, best.evidence.line)
    return None
