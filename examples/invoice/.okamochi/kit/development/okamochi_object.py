"""The module okamochi_object of the desk: `application` is what OKAMOCHI_OBJECT names ("pkg.mod:app.server",
"pkg:create_app('production')").

The flask command takes names and calls, no attributes of names. And what the app parses of the command line
while it is imported is no business of the command that reloads it: meanwhile there is none, as in production.
"""

import ast
import importlib
import os
import sys
from typing import Any


def __getattr__(name: str) -> Any:
    if name != "application":
        raise AttributeError(name)
    arguments = sys.argv[1:]
    del sys.argv[1:]
    try:
        globals()[name] = found = named(os.environ["OKAMOCHI_OBJECT"])
        return found
    finally:
        sys.argv[1:] = arguments  # the reloader starts the command again with them


def named(reference: str) -> Any:
    module, _, path = reference.partition(":")
    return followed(importlib.import_module(module), ast.parse(path, mode="eval").body)


def followed(owner: Any, path: ast.expr) -> Any:
    """Names, attributes of names, calls with literals."""
    if isinstance(path, ast.Name):
        return getattr(owner, path.id)
    if isinstance(path, ast.Attribute):
        return getattr(followed(owner, path.value), path.attr)
    if not isinstance(path, ast.Call):
        raise ValueError("OKAMOCHI_OBJECT is no name and no call")
    named_values = {one.arg: ast.literal_eval(one.value) for one in path.keywords if one.arg}
    return followed(owner, path.func)(*map(ast.literal_eval, path.args), **named_values)
