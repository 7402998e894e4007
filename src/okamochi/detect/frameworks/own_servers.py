"""Programs of the project that start a server themselves, in a way that no other server could stand in for:
`ui.run()` of NiceGUI, `web.run_app(app)` and `uvicorn.run(app)` with an object that only a function knows.

They are looked for where no object can be loaded. The address that the call gives says where people reach it.
"""

import ast
from collections.abc import Iterator

import msgspec

from okamochi.detect.base import Detected
from okamochi.detect.frameworks.scripts import candidate_of_a_script, script_candidate
from okamochi.detect.frameworks.server_settings import set_elsewhere
from okamochi.detect.serving.web_applications import Candidate
from okamochi.detect.source.constants import Constants, Known
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.python_source import Module, is_main_guard
from okamochi.detect.source.reachable import loaded_from
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import keyword_value, text_of, walk
from okamochi.model.evidence import Evidence
from okamochi.model.plan import Framework
from okamochi.system.patterns import regex

__all__ = ["PORT", "Start", "address_of", "programs_that_serve", "start_at"]

DRAWS = "import streamlit"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORT = regex(r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]")


class _Kind(msgspec.Struct, frozen=True):
    """A call that starts a server: where its arguments stand, -1 for keywords alone, and what it does without
    them. `pair`: the first argument is (host, port). `then` is what has to be called on what it makes.
    `settings` are the names under which the code sets host and port elsewhere."""

    framework: Framework
    port: int
    host: int
    usual_port: int
    usual_host: str = ""
    pair: bool = False
    then: str = ""
    settings: tuple[str, str] | None = None


# https://docs.cherrypy.dev/en/latest/basics.html#single-application
OF_CHERRYPY = ("server.socket_host", "server.socket_port")
CHERRYPY = _Kind(Framework.OTHER, -1, -1, 8080, "127.0.0.1", settings=OF_CHERRYPY)
UVICORN = "uvicorn.run"
KINDS = {
    "nicegui.ui.run": _Kind(Framework.NICEGUI, -1, -1, 8080),
    "aiohttp.web.run_app": _Kind(Framework.OTHER, -1, -1, 8080),
    "aiohttp.web.TCPSite": _Kind(Framework.OTHER, 2, 1, 8080),
    UVICORN: _Kind(Framework.OTHER, -1, -1, 8000, "127.0.0.1"),
    "waitress.serve": _Kind(Framework.OTHER, -1, -1, 8080),
    "waitress.create_server": _Kind(Framework.OTHER, -1, -1, 8080),
    "waitress.server.create_server": _Kind(Framework.OTHER, -1, -1, 8080),
    "gevent.pywsgi.WSGIServer": _Kind(Framework.OTHER, -1, -1, 0, pair=True),
    "http.server.HTTPServer": _Kind(Framework.OTHER, -1, -1, 0, pair=True, then="serve_forever"),
    "http.server.ThreadingHTTPServer": _Kind(Framework.OTHER, -1, -1, 0, pair=True, then="serve_forever"),
    "cherrypy.quickstart": CHERRYPY,
    "cherrypy.engine.block": CHERRYPY,
    "wsgiref.simple_server.make_server": _Kind(Framework.OTHER, 1, 0, 0, then="serve_forever"),
}
LISTEN = _Kind(Framework.OTHER, 0, 1, 0)
LAUNCH = _Kind(Framework.GRADIO, -1, -1, 0)
LAUNCHED = frozenset(["server_name", "server_port"])
# in the text of every module that makes one of these calls
WORDS = (
    "nicegui",
    "aiohttp",
    "uvicorn",
    "waitress",
    "pywsgi",
    "http.server",
    "wsgiref",
    "tornado",
    "cherrypy",
    *LAUNCHED,
)


class Start(msgspec.Struct, frozen=True):
    """`name` is how the call is written: "ui.run"."""

    path: str
    line: int
    name: str
    kind: _Kind
    call: ast.Call


class _WithOptions(Constants, frozen=True, eq=False):
    """Also of what the program's own command line says; `words` are those that it is given."""

    words: tuple[str, ...] = ()

    def attribute(self, expression: ast.Attribute, module: Module, depth: int) -> Known:
        found = super().attribute(expression, module, depth)
        return found if found.value is not None else Known(_option(expression.attr, module, self.words))


class Address(msgspec.Struct, frozen=True):
    """0 and "" where the code does not tell. `port_variable` and `host_variable` are read for them."""

    port: int
    host: str
    port_variable: str = ""
    host_variable: str = ""

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK and not self.host_variable


def programs_that_serve(objects: FlaskObjects) -> tuple[Detected[Candidate], ...]:
    """Scripts that are run and whose modules start a server, or draw pages of Streamlit; those that another
    such script imports are left out."""
    sources = objects.sources
    starts = {path: one for path in sources.paths if (one := _first(sources, path))}
    drawn = frozenset(path for path in sources.paths if DRAWS in sources.text(path)) - starts.keys()
    found: list[Detected[Candidate]] = []
    inner: set[str] = set()
    for path in sources.paths if starts or drawn else ():
        likely = path in starts or "__main__" in sources.text(path) or is_run_as_package(path)
        if not likely or not _is_run(sources.module(path), starts.get(path)):
            continue
        loaded = loaded_from(path, objects)
        start = next((starts[one] for one in loaded if one in starts), None)
        if start is not None:
            found.append(_candidate(path, start))
        elif not drawn.isdisjoint(loaded):
            found += filter(None, (script_candidate(sources, path, Framework.STREAMLIT),))
        else:
            continue
        inner.update(loaded[1:])
    return tuple(one for one in found if one.value.path not in inner)


def _first(sources: Sources, path: str) -> Start | None:
    if not any(word in sources.text(path) for word in WORDS):
        return None
    return next(starts_of(sources.module(path)), None)


def starts_of(module: Module) -> Iterator[Start]:
    for node in module.of(ast.Call):
        full = module.imports.full(node.func)
        kind = KINDS.get(full) or _by_method(module, node)
        if kind is None or (full == UVICORN and _names_its_object(node)):
            continue
        if kind.then in module.text:
            yield Start(module.path, node.lineno, ast.unparse(node.func), kind, node)


def start_at(module: Module, line: int) -> Start | None:
    return next((one for one in starts_of(module) if one.line == line), None)


def _by_method(module: Module, call: ast.Call) -> _Kind | None:
    """`app.listen(8888)` of Tornado, which has its loop for it; `pages.launch(server_port=...)` of Gradio,
    whose object another module made."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method == "launch" and LAUNCHED.intersection(one.arg for one in call.keywords):
        return LAUNCH
    if method == "listen" and "tornado" in module.text and (call.args or call.keywords):
        return LISTEN
    return None


def _names_its_object(call: ast.Call) -> bool:
    """uvicorn.run("main:app"): a text that any server takes."""
    return bool(call.args) and text_of(call.args[0]) != ""


def _is_run(module: Module, start: Start | None) -> bool:
    """It has a main guard, or starts the server whenever it is imported, or is what `python -m` runs."""
    if is_run_as_package(module.path) or any(is_main_guard(statement) for statement in module.tree.body):
        return True
    return start is not None and any(
        node is start.call
        for statement in module.tree.body
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for node in walk(statement)
    )


def is_run_as_package(path: str) -> bool:
    return path.rpartition("/")[2] == "__main__.py"


def _candidate(path: str, start: Start) -> Detected[Candidate]:
    place = Evidence(path=start.path, line=start.line, reason=f"{start.name}() starts a server of its own")
    return candidate_of_a_script(path, start.kind.framework, start.name, place)


def address_of(start: Start, sources: Sources, words: tuple[str, ...] = ()) -> Address:
    """Of the call, with what the `words` of the command line say to its options."""
    module, constants = sources.module(start.path), _WithOptions(sources, words=words)
    host, port = _arguments(start)
    places = {"host": module, "port": module}
    if start.kind.settings is not None:
        (host, places["host"]), (port, places["port"]) = (
            set_elsewhere(name, module, sources) for name in start.kind.settings
        )
    found_port, found_host = constants.known(port, places["port"]), constants.known(host, places["host"])
    number = int(str(found_port.value)) if PORT.fullmatch(str(found_port.value)) else 0
    if port is None:
        number = start.kind.usual_port
    text = start.kind.usual_host if host is None else str(found_host.value or "")
    return Address(number, text, found_port.variable, found_host.variable)


def _arguments(start: Start) -> tuple[ast.expr | None, ast.expr | None]:
    call, kind = start.call, start.kind
    if kind.pair:
        match call.args[:1]:
            case [ast.Tuple(elts=[first, second])]:
                return first, second
            case _:
                return None, None
    keywords: dict[str | None, ast.expr] = {one.arg: one.value for one in call.keywords}
    host = keywords.get("host") or keywords.get("address")
    port = keywords.get("port")
    if host is None and 0 <= kind.host < len(call.args):
        host = call.args[kind.host]
    if port is None and 0 <= kind.port < len(call.args):
        port = call.args[kind.port]
    return host, port


def _option(name: str, module: Module, words: tuple[str, ...]) -> str | int | None:
    """What the words say to the option that the program's own command line has, else its default: Tornado's
    define(), argparse."""
    for call in module.of(ast.Call):
        first = call.args[0] if call.args else None
        defines = ast.unparse(call.func).rpartition(".")[2] in ("define", "add_argument")
        names = [one.value for one in call.args if isinstance(one, ast.Constant)]
        if not defines or first is None or name not in (str(one).lstrip("-") for one in names):
            continue
        for word, after in zip(words, (*words[1:], ""), strict=False):
            option, equals, value = word.partition("=")
            if option in names or option.removeprefix("--") in names:
                return value if equals else after
        given = keyword_value(call, "default")
        if isinstance(given, ast.Constant) and isinstance(given.value, str | int):
            return given.value
    return None
