"""A module of settings that the code imports and the folder does not have: .gitignore often leaves it out.

    from config import Config

    def create_app(config_class=Config):
        app.config.from_object(config_class)

Whatever an index has under such a name is a stranger's.
"""

import ast
from collections.abc import Iterator

import msgspec

from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import descendants
from okamochi.errors import DetectionError
from okamochi.model.example_names import of_example
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import regex

__all__ = ["missing_configuration", "refuse_missing_configuration"]

NAMED = regex(r"[A-Za-z_]\w*(?:\.\w+)*")


class Missing(msgspec.Struct, frozen=True):
    """`module` is its top-level name, `taken` what is imported from it at a place such as "app.py:3"."""

    module: str
    where: str
    taken: str


def missing_configuration(sources: Sources) -> Missing | None:
    """The first module whose names become the app's configuration, and that is not there."""
    for module in sources.mentioning("from_object"):
        names = frozenset(_configuring(module))
        for node in module.of(ast.ImportFrom) if names else ():
            name = (node.module or "").split(".")[0]
            taken = next((one.name for one in node.names if (one.asname or one.name) in names), "")
            if taken and name and not node.level and sources.find(name, importer=module.path) is None:
                return Missing(name, f"{module.path}:{node.lineno}", f"from {node.module} import {taken}")
        for line, text in _written(module):
            name = text.split(".")[0]
            if sources.find(name, importer=module.path) is None:
                return Missing(name, f"{module.path}:{line}", f"from_object({text!r})")
    return None


def refuse_missing_configuration(sources: Sources) -> None:
    """DetectionError for such a module."""
    found = missing_configuration(sources)
    if found is not None:
        name = f"{found.module}.py"
        example = next((one for one in sources.project.files("*") if of_example(one) == name), "")
        put = f"copy {example} to {name} and fill it in" if example else f"put {name} into the folder"
        raise DetectionError(
            f"the module {found.module}, from which the app takes its configuration, is not there",
            where=found.where,
            hint=f"{put} (.gitignore may have left it out of what was published), and have it read what is "
            "secret from environment variables",
            details=(found.taken,),
        )


def _written(module: Module) -> Iterator[tuple[int, str]]:
    """from_object("config.Production") or from_object("config"): the line and the text."""
    for call in module.of(ast.Call):
        if last_name(call.func) == "from_object" and call.args:
            match call.args[0]:
                case ast.Constant(value=str(text)) if NAMED.fullmatch(text):
                    yield call.lineno, text
                case _:
                    pass


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
