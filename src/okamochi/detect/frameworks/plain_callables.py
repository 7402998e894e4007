"""Applications of no framework that is known: functions of the form that PEP 3333 or ASGI asks for, and what
a module called wsgi.py or asgi.py has under the usual name.

    def application(environ, start_response): ...
    async def app(scope, receive, send): ...

They are looked for where nothing of a framework is found.
"""

import ast
import posixpath
from collections.abc import Iterator

from okamochi.detect.base import Detected
from okamochi.detect.serving.web_applications import OBJECT_NAMES, Candidate, import_root_for, place_of
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.model.evidence import Evidence
from okamochi.model.plan import Framework, ServerInterface

__all__ = ["plain_callables"]

OF_WSGI, OF_ASGI = "start_response", "receive"
MODULES = {"wsgi.py": ServerInterface.WSGI, "asgi.py": ServerInterface.ASGI}


def plain_callables(objects: FlaskObjects) -> tuple[Detected[Candidate], ...]:
    return (*_functions(objects), *_usual_names(objects))


def _functions(objects: FlaskObjects) -> Iterator[Detected[Candidate]]:
    for module in objects.sources.mentioning(OF_WSGI, OF_ASGI):
        for node in module.tree.body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name not in OBJECT_NAMES:
                continue
            interface = _interface(node)
            if interface is not None:
                reason = f"{node.name}() has the form of {interface.value.upper()}"
                yield _candidate(objects, module.path, node.lineno, node.name, interface, reason)


def _usual_names(objects: FlaskObjects) -> Iterator[Detected[Candidate]]:
    """What mod_wsgi, uWSGI and hosts of Python apps load of a module that is named alone."""
    for path in objects.sources.paths:
        interface = MODULES.get(posixpath.basename(path))
        names = objects.names(path) if interface is not None else {}
        name = next((one for one in reversed(OBJECT_NAMES) if one in names), "")
        if interface is not None and name:
            reason = f"has {name}, as a module of this name has for servers"
            yield _candidate(objects, path, objects.lines[path, name], name, interface, reason)


def _interface(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ServerInterface | None:
    """https://peps.python.org/pep-3333/#the-application-framework-side,
    https://asgi.readthedocs.io/en/latest/specs/main.html#applications"""
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    if isinstance(node, ast.AsyncFunctionDef):
        return ServerInterface.ASGI if names == ["scope", "receive", "send"] else None
    return ServerInterface.WSGI if len(names) == 2 and names[1] == OF_WSGI else None


def _candidate(
    objects: FlaskObjects, path: str, line: int, name: str, interface: ServerInterface, reason: str
) -> Detected[Candidate]:
    root = import_root_for(objects, path)
    candidate = Candidate(
        path,
        name,
        "",
        root,
        place_of(path, root),
        (path, line),
        line,
        name,
        Framework.OTHER,
        interface,
        package=objects.sources.package_of(path, root),
    )
    return Detected(candidate, (Evidence(path=path, line=line, reason=reason),))
