"""The port at which an app expects itself: `requests.get("http://localhost:5000/api")` in an app that its
author starts there. At another port it would meet nobody, inside of its container as well."""

import ast
from collections.abc import Iterator

from okamochi.detect.base import Detected
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import line_of, regex

__all__ = ["asks_itself"]

OF_FLASK = 5000
"""Of `flask run` and app.run(): https://flask.palletsprojects.com/en/stable/api/#flask.Flask.run"""
URL = regex(r"""["']https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0):(\d{2,5})(?=[/"'?])""")
SAYS_WHERE = frozenset(["host", "port", "debug"])


def asks_itself(sources: Sources, reached: tuple[str, ...]) -> Detected[int] | None:
    """`reached` are the modules that the server loads. None where the code names no such address, or others'
    alone."""
    asked: dict[int, Evidence] = {}
    for port, evidence in _asked(sources, reached):
        asked.setdefault(port, evidence)
    if not asked:
        return None
    starts = {port for path in sources.paths for port in _started(sources, path)} or {OF_FLASK}
    own = [port for port in asked if port in starts]
    return Detected(own[0], (asked[own[0]],)) if len(own) == 1 else None


def _asked(sources: Sources, paths: tuple[str, ...]) -> Iterator[tuple[int, Evidence]]:
    for path in paths:
        for match in URL.finditer(sources.text(path)):
            reason = f"the app asks for {match[0][1:]}, where its author starts it"
            yield int(match[1]), Evidence(path=path, line=line_of(match), reason=reason)


def _started(sources: Sources, path: str) -> Iterator[int]:
    """The ports at which a module starts a server of Flask's."""
    if "flask" not in sources.text(path).lower() or ".run(" not in sources.text(path):
        return
    for call in sources.module(path).of(ast.Call):
        match call.func:
            case ast.Attribute(attr="run") if _starts_a_server(call):
                yield from _port_of(call)
            case _:
                pass


def _starts_a_server(call: ast.Call) -> bool:
    """app.run(), app.run("0.0.0.0", 80), socketio.run(app, debug=True); not subprocess.run(command)."""
    said = SAYS_WHERE & {one.arg for one in call.keywords}
    return bool(said) or all(isinstance(one, ast.Constant) for one in call.args)


def _port_of(call: ast.Call) -> Iterator[int]:
    given = {one.arg: one.value for one in call.keywords}
    match given.get("port", call.args[1] if len(call.args) > 1 else ast.Constant(OF_FLASK)):
        case ast.Constant(value=int(port)):
            yield port
        case _:
            pass
