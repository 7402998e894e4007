"""The object that a server would load, and whether it is one of its kind."""

from __future__ import annotations

import ast
import importlib
import inspect
from typing import Any


class WrongKindError(Exception):
    """The object is there, and no application of the kind that is served."""


def load(reference: str) -> Any:
    """As gunicorn's import_app: a name in a module, or a call of it with literal arguments."""
    module_name, _, expression = reference.partition(":")
    module = importlib.import_module(module_name)
    tree = ast.parse(expression or "application", mode="eval").body
    call = tree if isinstance(tree, ast.Call) else None
    found: Any = module
    for name in names_of(call.func if call else tree):
        found = getattr(found, name)
    if call is None:
        return found
    arguments = [ast.literal_eval(argument) for argument in call.args]
    keywords = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    return found(*arguments, **keywords)


def names_of(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [*names_of(node.value), node.attr]
    raise WrongKindError("not a name or a call: " + ast.dump(node))


def kind_of(application: Any, interface: str) -> None:
    """WrongKindError unless the object can be called as the server will call it (PEP 3333; ASGI)."""
    if inspect.iscoroutine(application):
        application.close()
        raise WrongKindError("the factory is a coroutine function: a server cannot await it")
    if inspect.ismodule(application) or not callable(application):
        raise WrongKindError("a " + type(application).__name__ + " cannot be called")
    asynchronous = is_asynchronous(application)
    if interface == "asgi" and asynchronous is False:
        raise WrongKindError("it is a WSGI application, not an ASGI one")
    if interface == "wsgi" and asynchronous is True:
        raise WrongKindError("it is an ASGI application, not a WSGI one")


def is_asynchronous(application: Any) -> bool | None:
    """True for ASGI, False for WSGI, None when its signature does not tell."""
    called = application if inspect.isroutine(application) else type(application).__call__
    if inspect.isclass(application):
        return None
    if inspect.iscoroutinefunction(called):
        return True
    try:
        parameters = list(inspect.signature(application).parameters.values())
    except (TypeError, ValueError):
        return None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p for p in parameters if p.default is inspect.Parameter.empty and p.kind in positional]
    if len(needed) == 2 and all(p.kind in positional for p in parameters):
        return False
    return True if len(needed) == 3 else None
