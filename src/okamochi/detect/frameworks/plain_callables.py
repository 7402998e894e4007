"""Applications of no framework: functions of the form that PEP 3333 or ASGI asks for.

    def application(environ, start_response): ...
    async def app(scope, receive, send): ...

They are looked for where nothing of a framework is found.
"""

import ast

from okamochi.detect.base import Detected
from okamochi.detect.serving.web_applications import OBJECT_NAMES, Candidate, import_root_for, place_of
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.python_source import Module
from okamochi.model.evidence import Evidence
from okamochi.model.plan import Framework, ServerInterface

__all__ = ["plain_callables"]

WSGI, ASGI = "start_response", "receive"


def plain_callables(objects: FlaskObjects) -> tuple[Detected[Candidate], ...]:
    return tuple(
        _candidate(objects, module, node, interface)
        for module in objects.sources.mentioning(WSGI, ASGI)
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in OBJECT_NAMES
        for interface in (_interface(node),)
        if interface is not None
    )


def _interface(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ServerInterface | None:
    """https://peps.python.org/pep-3333/#the-application-framework-side,
    https://asgi.readthedocs.io/en/latest/specs/main.html#applications"""
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    if isinstance(node, ast.AsyncFunctionDef):
        return ServerInterface.ASGI if names == ["scope", "receive", "send"] else None
    return ServerInterface.WSGI if len(names) == 2 and names[1] == WSGI else None


def _candidate(
    objects: FlaskObjects,
    module: Module,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    interface: ServerInterface,
) -> Detected[Candidate]:
    root = import_root_for(objects, module.path)
    place = (module.path, node.lineno)
    candidate = Candidate(
        module.path,
        node.name,
        "",
        root,
        place_of(module.path, root),
        place,
        node.lineno,
        node.name,
        Framework.OTHER,
        interface,
        package=objects.sources.package_of(module.path, root),
    )
    reason = f"{node.name}() has the form of {interface.value.upper()}"
    return Detected(candidate, (Evidence(path=module.path, line=node.lineno, reason=reason),))
