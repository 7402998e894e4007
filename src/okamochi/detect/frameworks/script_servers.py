"""The servers of scripts: the program of their framework, or what the script itself starts (Gradio)."""

import ast

from okamochi.detect.frameworks.server import Server
from okamochi.detect.frameworks.streamlit import HEALTH
from okamochi.detect.python_source import Module
from okamochi.detect.sources import Sources
from okamochi.detect.web_applications import Candidate
from okamochi.errors import PlanError
from okamochi.model.evidence import Evidence
from okamochi.model.plan import VENV_ROOT, Framework
from okamochi.model.process import HttpProbe

__all__ = ["SCRIPTS"]

# the first whose program takes --host
CHAINLIT = "chainlit>=0.5"


def _streamlit(candidate: Candidate, sources: Sources, port: int) -> Server:
    argv = (
        f"{VENV_ROOT}/bin/streamlit",
        "run",
        candidate.path,
        "--server.address=0.0.0.0",
        f"--server.port={port}",
        "--server.headless=true",
        "--server.fileWatcherType=none",
        "--server.scriptHealthCheckEnabled=true",
        "--browser.gatherUsageStats=false",
    )
    return Server("streamlit itself", argv, ("streamlit",), (), port, HttpProbe(path=HEALTH))


def _panel(candidate: Candidate, sources: Sources, port: int) -> Server:
    argv = (
        f"{VENV_ROOT}/bin/panel",
        "serve",
        candidate.path,
        "--address",
        "0.0.0.0",
        "--port",
        str(port),
        # the browser's Origin is the address that people open, which nobody here knows
        "--allow-websocket-origin=*",
        "--liveness",
    )
    return Server("panel serve", argv, ("panel",), (), port, HttpProbe(path="/liveness"))


def _chainlit(candidate: Candidate, sources: Sources, port: int) -> Server:
    argv = (f"{VENV_ROOT}/bin/chainlit", "run", candidate.path, "--headless", *_address(port))
    return Server("chainlit run", argv, (CHAINLIT,), (), port)


def _shiny(candidate: Candidate, sources: Sources, port: int) -> Server:
    """One process: a session is a web socket, and its downloads and uploads ask the process that holds it."""
    argv = (f"{VENV_ROOT}/bin/shiny", "run", candidate.path, *_address(port))
    return Server("shiny run", argv, ("shiny",), (), port)


def _marimo(candidate: Candidate, sources: Sources, port: int) -> Server:
    """As an app, whose visitors see no code and change none."""
    argv = (f"{VENV_ROOT}/bin/marimo", "run", candidate.path, "--headless", *_address(port))
    return Server("marimo run", argv, ("marimo",), (), port, HttpProbe(path="/health"))


def _solara(candidate: Candidate, sources: Sources, port: int) -> Server:
    """Its application for ASGI, which is in production mode; `solara run` has changed its options. In one
    process, since that holds what its visitors see: https://solara.dev/documentation/getting_started/deploying"""
    argv = (f"{VENV_ROOT}/bin/uvicorn", "solara.server.starlette:app", *_address(port))
    # what it fetches for browsers is kept beside its code, unless it is told where
    environment = (("SOLARA_APP", candidate.path), ("SOLARA_ASSETS_PROXY_CACHE_DIR", "/tmp/solara"))
    return Server("uvicorn with Solara's application", argv, ("solara",), environment, port)


def _taipy(candidate: Candidate, sources: Sources, port: int) -> Server:
    """Its options overrule what the script gives to run(), the reloader among it:
    https://docs.taipy.io/en/latest/userman/advanced_features/configuration/gui-config/"""
    argv = (f"{VENV_ROOT}/bin/python", candidate.path, *_address(port), "--no-debug", "--no-reloader")
    return Server("the script starts Taipy itself", argv, ("taipy",), (), port)


def _address(port: int) -> tuple[str, ...]:
    return ("--host", "0.0.0.0", "--port", str(port))


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
SCRIPTS = {
    Framework.STREAMLIT: _streamlit,
    Framework.PANEL: _panel,
    Framework.CHAINLIT: _chainlit,
    Framework.SHINY: _shiny,
    Framework.MARIMO: _marimo,
    Framework.SOLARA: _solara,
    Framework.TAIPY: _taipy,
    Framework.GRADIO: _gradio,
}
