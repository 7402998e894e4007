"""`app.run()` that no `if __name__ == "__main__"` guards: whoever loads the module would start Flask's own
server, and never come back.

Flask passes such a call over where `flask run` loads the app, which it tells itself by a variable
(`Flask.run()` in https://github.com/pallets/flask/blob/main/src/flask/app.py). A server of production needs
the same.
"""

import ast
from collections.abc import Iterator

from okamochi.detect.source.bodies import flat_statements
from okamochi.detect.source.flask_objects import FlaskObjects, Instance
from okamochi.model.evidence import Evidence
from okamochi.model.plan import Framework

__all__ = ["PASSED_OVER", "unguarded_calls"]

PASSED_OVER = (("FLASK_RUN_FROM_CLI", "true"),)
"""The variable by which Flask passes such calls over."""


def unguarded_calls(objects: FlaskObjects, paths: tuple[str, ...]) -> tuple[Evidence, ...]:
    """In the modules that the server loads; looked for once for the environment and the warning."""
    return objects.sources.remember(("unguarded calls", *paths), lambda: tuple(_calls(objects, paths)))


def _calls(objects: FlaskObjects, paths: tuple[str, ...]) -> Iterator[Evidence]:
    for path in paths:
        if "run" not in objects.sources.words(path):
            continue
        for statement in flat_statements(objects.sources.module(path).tree.body):
            match statement:
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="run"))):
                    made = objects.settled(objects.resolve(path, name))
                    if isinstance(made, Instance) and made.framework is Framework.FLASK and not made.dash:
                        reason = f"{name}.run() stands where the module is loaded"
                        yield Evidence(path=path, line=statement.lineno, reason=reason)
                case _:
                    pass
