"""Requests to an application in its own process, without a server: for what it does, not for what it says."""

from __future__ import annotations

import asyncio
import importlib
import re
import traceback
from typing import Any

from okamochi.run.proof.program.shapes import Route, Task

MOST_CHUNKS = 64
# what changes or ends something although it is asked for by GET, what never ends, and where an identity
# provider sends visitors back with its answer, which nobody else has
NOT_VISITED = re.compile(
    r"(?i)log-?_?out|sign-?_?out|delet|remov|drop|reset|clear|purge|destroy|flush|seed|init|populat|shutdown|stop"
    r"|restart|kill|import|export|download|upload|stream|events|socket|debug|test|send|notify|cron|sync|refresh"
    r"|callback|oauth|oidc|saml"
)


def pages_of(routes: list[Route], most: int) -> list[str]:
    """Pages without parameters that answer GET: the usual health names and / first, then the shortest."""
    paths = {
        one["path"] if one["path"].startswith("/") else "/" + one["path"]
        for one in routes
        if (not one["methods"] or "GET" in one["methods"]) and re.fullmatch(r"[/\w.~-]*", one["path"])
    }
    usual = re.compile(r"/(.*/)?_?(health|live|ping|alive|heartbeat|status|up)[\w-]*/?")
    kept = [path for path in paths if NOT_VISITED.search(path) is None]
    kept.sort(key=lambda path: (usual.fullmatch(path) is None, path != "/", path.count("/"), path))
    return kept[:most]


def visit(application: Any, task: Task, paths: list[str], pages: list[dict[str, Any]]) -> None:
    """A GET of each, as far as it comes: what it raises does not matter, what it writes does."""
    try:
        if task["interface"] == "wsgi":
            for path in paths:
                visit_wsgi(application, task, path, pages)
        else:
            asyncio.run(visit_asgi(application, task, paths, pages))
    except BaseException:
        if not paths or task.get("visit"):
            traceback.print_exc()


def visit_wsgi(application: Any, task: Task, path: str, pages: list[dict[str, Any]]) -> None:
    environ: dict[str, Any] = {"HTTP_HOST": task.get("host") or "localhost"}
    environ["PATH_INFO"] = path.encode().decode("latin-1")  # PEP 3333: bytes in the guise of text
    importlib.import_module("wsgiref.util").setup_testing_defaults(environ)
    statuses = [0]

    def start(status: str, headers: Any, exc_info: Any = None) -> Any:
        statuses.append(int(status.split()[0]))
        return lambda data: None

    try:
        for number, _ in enumerate(application(environ, start)):
            if number > MOST_CHUNKS:
                break
    except Exception:
        statuses.append(500)
        if task.get("visit"):
            traceback.print_exc()
    pages.append({"path": path, "status": statuses[-1]})


async def visit_asgi(application: Any, task: Task, paths: list[str], pages: list[dict[str, Any]]) -> None:
    host = (task.get("host") or "localhost").encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", host)],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    said = [{"type": "lifespan.startup"}]
    ready = asyncio.Event()

    async def lifespan_events() -> dict[str, Any]:
        return said.pop() if said else await asyncio.sleep(3600, {})

    async def request() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    statuses = [0]

    async def send(message: Any) -> None:
        if message.get("type") == "http.response.start":
            statuses.append(int(message["status"]))
        if str(message.get("type", "")).startswith("lifespan.startup."):
            ready.set()

    life = asyncio.ensure_future(
        application({"type": "lifespan", "asgi": scope["asgi"], "state": {}}, lifespan_events, send)
    )
    waited = asyncio.ensure_future(ready.wait())
    await asyncio.wait([life, waited], timeout=20, return_when=asyncio.FIRST_COMPLETED)
    waited.cancel()
    try:
        for path in paths:
            try:
                await application({**scope, "path": path, "raw_path": path.encode()}, request, send)
            except Exception:
                statuses.append(500)
            pages.append({"path": path, "status": statuses[-1]})
    finally:
        life.cancel()
