"""The text that a module computes for DJANGO_SETTINGS_MODULE, where it is not simply written there."""

import ast

from okamochi.detect.source.constants import Constants
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources

__all__ = ["computed_settings"]

NAME = "DJANGO_SETTINGS_MODULE"


def computed_settings(module: Module, sources: Sources) -> str:
    """As it is in an environment where no variable is set, which is what the image starts with; "" when that
    cannot be told."""
    for node in module.nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr="setdefault"), args=[ast.Constant(value=key), value]):
                pass
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=key))], value=value):
                pass
            case _:
                continue
        if key == NAME:
            found = Constants(sources).known(value, module).value
            return found if isinstance(found, str) else ""
    return ""
