"""A module of settings that the code imports and the folder does not have: .gitignore often leaves it out.

    from config import Config

    def create_app(config_class=Config):
        app.config.from_object(config_class)

Whatever an index has under such a name is a stranger's.
"""

import ast
from collections.abc import Iterator

from okamochi.detect.python_source import Module, Sources
from okamochi.detect.syntax import descendants
from okamochi.errors import DetectionError
from okamochi.pypi.python_values import last_name

__all__ = ["refuse_missing_configuration"]


def refuse_missing_configuration(sources: Sources) -> None:
    """DetectionError for a module whose names become the app's configuration, and that is not there."""
    for module in sources.mentioning("from_object"):
        names = frozenset(_configuring(module))
        for node in module.of(ast.ImportFrom) if names else ():
            name = (node.module or "").split(".")[0]
            taken = next((one.name for one in node.names if (one.asname or one.name) in names), "")
            if taken and name and not node.level and sources.find(name, importer=module.path) is None:
                raise DetectionError(
                    f"the module {name}, from which the app takes its configuration, is not there",
                    where=f"{module.path}:{node.lineno}",
                    hint=f"put {name}.py into the folder (.gitignore may have left it out of what was "
                    "published), and have it read what is secret from environment variables",
                    details=(f"from {node.module} import {taken}",),
                )


def _configuring(module: Module) -> Iterator[str]:
    """Names that from_object() is given, and the defaults of parameters that are."""
    given: set[str] = set()
    for call in module.of(ast.Call):
        if last_name(call.func) == "from_object":
            given |= {node.id for one in call.args for node in descendants(one) if isinstance(node, ast.Name)}
    yield from given
    for function in module.of(ast.FunctionDef) if given else ():
        arguments = (*function.args.posonlyargs, *function.args.args)
        defaults = function.args.defaults
        for argument, default in zip(arguments[len(arguments) - len(defaults) :], defaults, strict=True):
            if argument.arg in given and isinstance(default, ast.Name):
                yield default.id
