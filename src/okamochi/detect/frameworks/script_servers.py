"""The servers of scripts: the program of their framework, or what the script itself starts (Gradio)."""

import ast
import posixpath

import msgspec

from okamochi.detect.frameworks.server import Server
from okamochi.detect.frameworks.streamlit import HEALTH
from okamochi.detect.serving.web_applications import Candidate
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.errors import PlanError
from okamochi.model.evidence import Evidence
from okamochi.model.plan import VENV_ROOT, Framework
from okamochi.model.process import HttpProbe

__all__ = ["SCRIPTS"]

ADDRESS = "--host 0.0.0.0 --port {port}"


class _Program(msgspec.Struct, frozen=True):
    """A framework's own program: its command line and its variables hold {path} of the script and {port};
    {place} is the folder of a script that is called main.py."""

    summary: str
    command: str
    package: str
    health: str = ""
    environment: tuple[tuple[str, str], ...] = ()

    def server(self, candidate: Candidate, sources: Sources, port: int) -> Server:
        path = candidate.path
        place = posixpath.dirname(path) if posixpath.basename(path) == "main.py" else ""
        program, *words = (
            word.format(path=path, place=place or path, port=port) for word in self.command.split()
        )
        environment = tuple((name, value.format(path=candidate.path)) for name, value in self.environment)
        probe = HttpProbe(path=self.health) if self.health else None
        argv = (f"{VENV_ROOT}/bin/{program}", *words)
        return Server(self.summary, argv, (self.package,), environment, port, probe)


PROGRAMS = {
    Framework.STREAMLIT: _Program(
        "streamlit itself",
        "streamlit run {path} --server.address=0.0.0.0 --server.port={port} --server.headless=true "
        "--server.fileWatcherType=none --server.scriptHealthCheckEnabled=true "
        "--browser.gatherUsageStats=false",
        "streamlit",
        HEALTH,
    ),
    # the browser's Origin is the address that people open, which nobody here knows
    Framework.PANEL: _Program(
        "panel serve",
        "panel serve {path} --address 0.0.0.0 --port {port} --allow-websocket-origin=* --liveness",
        "panel",
        "/liveness",
    ),
    Framework.BOKEH: _Program(
        "bokeh serve",
        "bokeh serve {place} --address 0.0.0.0 --port {port} --allow-websocket-origin=*",
        "bokeh",
    ),
    # the first whose program takes --host
    Framework.CHAINLIT: _Program(
        "chainlit run", f"chainlit run {{path}} --headless {ADDRESS}", "chainlit>=0.5"
    ),
    # one process: a session is a web socket, and its downloads and uploads ask the process that holds it
    Framework.SHINY: _Program("shiny run", f"shiny run {{path}} {ADDRESS}", "shiny"),
    # as an app, whose visitors see no code and change none
    Framework.MARIMO: _Program(
        "marimo run", f"marimo run {{path}} --headless {ADDRESS}", "marimo", "/health"
    ),
    # its application for ASGI, which is in production mode; `solara run` has changed its options. In one
    # process, since that holds what its visitors see: https://solara.dev/documentation/getting_started/deploying
    Framework.SOLARA: _Program(
        "uvicorn with Solara's application",
        f"uvicorn solara.server.starlette:app {ADDRESS}",
        "solara",
        # what it fetches for browsers is kept beside its code, unless it is told where
        environment=(("SOLARA_APP", "{path}"), ("SOLARA_ASSETS_PROXY_CACHE_DIR", "/tmp/solara")),
    ),
    # its options overrule what the script gives to run(), the reloader among it:
    # https://docs.taipy.io/en/latest/userman/advanced_features/configuration/gui-config/
    Framework.TAIPY: _Program(
        "the script starts Taipy itself", f"python {{path}} {ADDRESS} --no-debug --no-reloader", "taipy"
    ),
}


def _gradio(candidate: Candidate, sources: Sources, port: int) -> Server:
    """launch() takes its address from the variables unless its arguments say another."""
    module = sources.module(candidate.path)
    call = _launch(module)
    given = {keyword.arg: keyword.value for keyword in call.keywords} if call is not None else {}
    notes: list[Evidence] = []
    line = call.lineno if call is not None else 0
    match given.get("server_port"):
        case ast.Constant(value=int(own)):
            port = own
            notes.append(Evidence(path=module.path, line=line, reason=f"launch(server_port={own})"))
        case _:
            pass
    match given.get("server_name"):
        case ast.Constant(value="127.0.0.1" | "localhost" as host):
            raise PlanError(
                f"launch() listens on {host} alone, which nothing outside of the container reaches",
                where=f"{module.path}:{line}",
                hint="leave server_name out: Gradio takes it from GRADIO_SERVER_NAME, which okamochi sets",
            )
        case _:
            pass
    match given.get("share"):
        case ast.Constant(value=True):
            reason = "launch(share=True) opens a tunnel to a public address"
            notes.append(Evidence(path=module.path, line=line, reason=reason))
        case _:
            pass
    environment = (
        ("GRADIO_ANALYTICS_ENABLED", "False"),
        ("GRADIO_SERVER_NAME", "0.0.0.0"),
        ("GRADIO_SERVER_PORT", str(port)),
    )
    argv = (f"{VENV_ROOT}/bin/python", candidate.path)
    return Server("the script starts Gradio itself", argv, ("gradio",), environment, port, None, tuple(notes))


def _launch(module: Module) -> ast.Call | None:
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "launch":
            return node
    return None


# each is told the port on which it is to listen
SCRIPTS = {**{name: one.server for name, one in PROGRAMS.items()}, Framework.GRADIO: _gradio}
