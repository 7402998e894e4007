"""Bottle's own application, which its functions add routes to: no name of the project holds it.

    import bottle

    @bottle.route("/")
    def index(): ...

    if __name__ == "__main__":
        bottle.run()

After this module was imported, `bottle.default_app()` is the whole app.
"""

import ast
from collections.abc import Iterator

from okamochi.detect.base import Detected
from okamochi.detect.serving.web_applications import Candidate, import_root_for, place_of
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.python_source import Module, is_main_guard
from okamochi.detect.source.syntax import walk
from okamochi.model.evidence import Evidence
from okamochi.model.plan import Framework, ServerInterface

__all__ = ["bottle_defaults"]

ROUTES = frozenset(f"bottle.{name}" for name in ("route", "get", "post", "put", "delete", "mount"))
STARTS = "bottle.run"


def bottle_defaults(objects: FlaskObjects) -> tuple[Detected[Candidate], ...]:
    """Modules that start it below their main guard or in a function, else those with routes, as far as a name
    of theirs leads to Bottle: `import bottle`."""
    modules = [module for module in objects.sources.mentioning("bottle") if _alias(module)]
    starting = [one for one in modules if one.call_of(STARTS) and not _starts_at_once(one)]
    routed = [one for one in modules if one.call_of(*ROUTES) and not _starts_at_once(one)]
    return tuple(_candidate(objects, one) for one in starting or routed)


def _alias(module: Module) -> str:
    for node in module.tree.body:
        if isinstance(node, ast.Import):
            for one in node.names:
                if one.name == "bottle":
                    return one.asname or "bottle"
    return ""


def _starts_at_once(module: Module) -> bool:
    """Whoever imports it would wait for ever."""
    return any(
        isinstance(node, ast.Call) and module.imports.full(node.func) == STARTS
        for statement in _run_when_imported(module)
        for node in walk(statement)
    )


def _run_when_imported(module: Module) -> Iterator[ast.stmt]:
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return (one for one in module.tree.body if not isinstance(one, defined) and not is_main_guard(one))


def _candidate(objects: FlaskObjects, module: Module) -> Detected[Candidate]:
    line = module.call_of(*ROUTES) or module.call_of(STARTS)
    root = import_root_for(objects, module.path)
    candidate = Candidate(
        module.path,
        f"{_alias(module)}.default_app",
        "()",
        root,
        place_of(module.path, root),
        (module.path, line),
        line,
        "Bottle",
        Framework.BOTTLE,
        ServerInterface.WSGI,
        package=objects.sources.package_of(module.path, root),
    )
    reason = "adds routes to Bottle's default application"
    return Detected(candidate, (Evidence(path=module.path, line=line, reason=reason),))
