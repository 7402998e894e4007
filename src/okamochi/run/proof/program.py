"""Imports an app as its server would and says what it found; run by the image's own Python, never imported.

    python -B -c "$(cat program.py)"     the task as JSON on stdin, the answer as JSON on stdout

Standard library only, Python 3.9 and later. What the app prints goes to stderr. The task: "interface" (wsgi,
asgi, own), "framework", "reference" ("pkg:create_app()"), "argv" (of a program that is its own server),
"script", "visit" (a path that is asked of it, to see what it writes; or ""), "pages" (how many of its own
pages are asked for as well), "host" (for that), "paths" (what the server puts in front of sys.path),
"writable" (folders that may be written), "files" (to be written before: path and text).
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import importlib
import inspect
import json
import os
import re
import runpy
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

Task = dict[str, Any]
Answer = dict[str, Any]
Route = dict[str, Any]

MOST_ROUTES = 1000
MOST_WRITES = 100
PAGES_SECONDS = 2.0
MOST_CHUNKS = 64
MOST_FRAMES = 40
SCRIPT_SECONDS = 40
IMPORTS_SECONDS = 20
SERVES_AFTER_SECONDS = 3
# what the main thread is in while it serves, or waits for a child that does
SERVING = frozenset(("serve_forever", "run_forever", "select", "poll", "accept", "wait", "_try_wait"))
OWN_FILE = "<string>"
BROKER = "Celery's broker"
CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
HANDLED = "\nDuring handling of the above exception, another exception occurred:\n\n"
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# events whose first argument is a path that is made, changed or removed (Python's table of audit events)
CHANGING = ("os.remove", "os.rename", "os.rmdir", "os.truncate", "os.utime", "shutil.rmtree")


class WrongKindError(Exception):
    """The object is there, and no application of the kind that is served."""


def main() -> None:
    answer_stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    task = json.load(sys.stdin)
    sys.path[:0] = task["paths"]
    sys.dont_write_bytecode = True
    for path, text in task.get("files", {}).items():
        with contextlib.suppress(OSError):  # where the engine does not let it, the app will miss the file
            Path(path).write_text(text, "utf-8")
    writes: dict[str, str] = {}
    lock = threading.Lock()
    started = time.monotonic()

    def finish(answer: Answer) -> NoReturn:
        with lock:  # the first answer is the answer; a thread of the app may come later
            answer["seconds"] = round(time.monotonic() - started, 3)
            answer["writes"] = [{"path": path, "place": place} for path, place in sorted(writes.items())]
            json.dump(answer, answer_stream)
            answer_stream.flush()
            sys.stderr.flush()
            os._exit(0)

    sys.addaudithook(watcher(task, writes, finish))
    try:
        finish(proved(task, finish))
    except BaseException as error:
        finish(failure(error))


def proved(task: Task, finish: Callable[[Answer], NoReturn]) -> Answer:
    if task["interface"] == "own":
        return own_server(task)
    application = load(task["reference"])
    kind_of(application, task["interface"])
    pages: list[dict[str, Any]] = []
    answer: Answer = {
        "outcome": "proved",
        "type": f"{type(application).__module__}.{type(application).__qualname__}",
        "routes": routes_of(application)[:MOST_ROUTES],
        "pages": pages,
        "broken": broken_broker(),
    }
    if task.get("visit"):
        visit(application, task, [task["visit"]], [])
    wanted = pages_of(answer["routes"], int(task.get("pages", 0)))
    if wanted:
        timer = threading.Timer(PAGES_SECONDS, finish, (answer,))  # a page that hangs ends the looking round
        timer.daemon = True
        timer.start()
        visit(application, task, wanted, pages)
        timer.cancel()
    return answer


def broken_broker() -> Answer | None:
    """Celery imports its broker's client with the first task that is sent: what is missing would be met by
    workers, and by whoever asks for such a page. Nothing is connected with."""
    state = sys.modules.get("celery._state")
    for application in list(state._get_active_apps()) if state is not None else ():
        try:
            application.connection_for_write().create_transport()
        except ImportError as error:
            return {**failure(error), "type": BROKER}
        except BaseException:  # of an application that is told its settings later
            traceback.print_exc()
    return None


# what changes or ends something although it is asked for by GET, and what never ends
NOT_VISITED = re.compile(
    r"(?i)log-?_?out|sign-?_?out|delet|remov|drop|reset|clear|purge|destroy|flush|seed|init|populat|shutdown|stop"
    r"|restart|kill|import|export|download|upload|stream|events|socket|debug|test|send|notify|cron|sync|refresh"
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


def own_server(task: Task) -> Answer:
    if task["framework"] == "streamlit" and task["script"]:
        return streamlit_script(task["script"])
    if task["framework"] == "panel" and task["script"]:
        runpy.run_path(task["script"], run_name="panel_app")
        return {"outcome": "proved", "type": "panel script", "routes": []}
    argv = task["argv"]
    program = argv[0]
    if Path(program).name.startswith("python"):
        return python_program(argv[1:])
    sys.argv = list(argv)
    runpy.run_path(program, run_name="__main__")
    return {"outcome": "ended", "type": "program", "routes": []}


def python_program(arguments: list[str]) -> Answer:
    """What `python FILE ...` or `python -m MODULE ...` does."""
    while arguments and arguments[0] in ("-u", "-B", "-I", "-O", "-E", "-s"):
        arguments = arguments[1:]
    if arguments[:1] == ["-m"]:
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(arguments)
        sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
        runpy.run_path(arguments[0], run_name="__main__")
    return {"outcome": "ended", "type": "program", "routes": []}


def streamlit_script(script: str) -> Answer:
    """Runs the page as a visit would; the server alone answers also for a page that is a traceback."""
    try:
        AppTest = importlib.import_module("streamlit.testing.v1").AppTest
    except ImportError:
        return {"outcome": "unknown", "type": "streamlit script", "routes": []}
    try:
        test = AppTest.from_file(script, default_timeout=SCRIPT_SECONDS).run()
    except RuntimeError as error:
        if "timed out" not in str(error):
            raise
        return {"outcome": "unknown", "type": "streamlit script", "message": str(error), "routes": []}
    if test.exception:
        first = test.exception[0]
        text = "\n".join(str(line) for line in getattr(first, "stack_trace", ()) or ())
        message = str(getattr(first, "message", "") or first.value)
        missing = re.match(r"No module named '([^']+)'", message)
        return {
            "outcome": "failed",
            "error": str(getattr(getattr(first, "proto", None), "type", "") or "Exception"),
            "message": message,
            "name": missing[1] if missing is not None else "",
            "text": text[-20000:],
        }
    return {
        "outcome": "proved",
        "type": "streamlit script",
        "routes": [],
        "broken": broken_page(Path(script)),
    }


def broken_page(script: Path) -> Answer | None:
    """Of the script's other pages the first that imports what is not there; what a page does besides is for
    those who visit it."""
    ends = time.monotonic() + IMPORTS_SECONDS
    for page in other_pages(script):
        with contextlib.suppress(OSError, SyntaxError, ValueError):
            for statement in ast.parse(page.read_bytes()).body:
                if time.monotonic() > ends:
                    return None
                if isinstance(statement, (ast.Import, ast.ImportFrom)):
                    problem = import_problem(statement, str(page))
                    if problem is not None:
                        return {**problem, "type": str(page)}
    return None


def import_problem(statement: ast.stmt, path: str) -> Answer | None:
    code = compile(ast.Module([statement], []), path, "exec")
    try:
        exec(code, {"__name__": "__main__", "__file__": path})
    except ImportError as error:
        return failure(error)
    except BaseException:  # of a module that wants more than to be imported
        traceback.print_exc()
    return None


def other_pages(script: Path) -> list[Path]:
    """pages/ beside the script, and what st.Page() names."""
    found = sorted(script.parent.glob("pages/*.py"))
    for node in ast.walk(ast.parse(script.read_bytes())):
        if isinstance(node, ast.Call) and names_of_call(node)[-1:] == ["Page"] and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and str(first.value).endswith(".py"):
                found.append(script.parent / str(first.value))
    return found


def names_of_call(call: ast.Call) -> list[str]:
    with contextlib.suppress(WrongKindError):
        return names_of(call.func)
    return []


def routes_of(application: Any) -> list[Route]:
    """Paths, as the framework writes them, with their methods where it names them; sorted."""
    for reader in (flask_routes, listed_routes, django_routes, aiohttp_routes):
        try:
            found = reader(application)
        except Exception:
            found = []
        if found:
            return sorted(found, key=lambda route: (route["path"], route["methods"]))
    return []


def flask_routes(application: Any) -> list[Route]:
    """Flask, Quart; Dash holds its Flask application in `server`."""
    url_map = application.url_map if hasattr(application, "url_map") else application.server.url_map
    return [route(rule.rule, rule.methods or ()) for rule in url_map.iter_rules()]


def listed_routes(application: Any, before: str = "", depth: int = 0) -> list[Route]:
    """Starlette, FastAPI, Litestar, Bottle."""
    found: list[Route] = []
    for one in application.routes:
        path = str(getattr(one, "path", None) or getattr(one, "rule", None) or "")
        methods = getattr(one, "methods", None) or [m for m in [getattr(one, "method", None)] if m]
        inner = getattr(one, "app", None)
        if depth < 5 and getattr(inner, "routes", None):
            found += listed_routes(inner, before + path, depth + 1)
        else:
            found.append(route(before + path, methods))
    return found


def django_routes(application: Any) -> list[Route]:
    if not type(application).__module__.startswith("django."):
        return []
    get_resolver = importlib.import_module("django.urls").get_resolver
    found: list[Route] = []

    def walk(patterns: Any, before: str, depth: int) -> None:
        for pattern in patterns:
            text = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns") and depth < 6:
                walk(pattern.url_patterns, text, depth + 1)
            else:
                found.append(route("/" + text.replace("^", "").rstrip("$"), ()))

    walk(get_resolver().url_patterns, "", 0)
    return found


def aiohttp_routes(application: Any) -> list[Route]:
    return [route(one.resource.canonical, (one.method,)) for one in application.router.routes()]


def route(path: object, methods: Any) -> Route:
    names = sorted(str(method) for method in methods if method not in ("HEAD", "OPTIONS"))
    return {"path": str(path), "methods": names}


def watcher(
    task: Task, writes: dict[str, str], finish: Callable[[Answer], NoReturn]
) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook (PEP 578): what is written where it will be read-only, and a port that is opened."""
    allowed = tuple(folder.rstrip("/") + "/" for folder in task["writable"])
    owns = task["interface"] == "own" and task["framework"] not in ("streamlit", "panel")

    def note(path: Any, end: str = "", kept: bool = False) -> None:
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, (str, os.PathLike)) or len(writes) >= MOST_WRITES:
            return
        full = os.path.realpath(os.fspath(path))
        inside = (full + os.sep).startswith(allowed) and not (kept and lies_in_home(full))
        if full.endswith((".pyc", "/__pycache__")) or inside:
            return
        writes.setdefault(full + end, place_of(sys._getframe(2)))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & WRITING and not isinstance(path, int):
                note(path)
        elif event == "os.mkdir":
            note(arguments[0], "/")
        elif event in CHANGING:
            note(arguments[0])
        elif event == "sqlite3.connect":
            if arguments[0] not in (":memory:", b":memory:", ""):
                note(database_path(arguments[0]), kept=True)
        elif event == "socket.bind" and isinstance(arguments[1], tuple):
            listens(owns, arguments[1], finish)

    return hook


def database_path(name: Any) -> str:
    text = os.fsdecode(name) if isinstance(name, (str, bytes, os.PathLike)) else ""
    return text[5:].split("?")[0] if text.startswith("file:") else text


def lies_in_home(path: str) -> bool:
    """~/.config/app/app.db: what a user's home keeps. Here that is in memory, and lacks such folders."""
    home = Path.home().resolve()
    return path.startswith(f"{home}/.") and Path(path).parent != home


def listens(owns: bool, address: tuple[Any, ...], finish: Callable[[Answer], NoReturn]) -> None:
    """A program that is its own server is proved by its port. In a module that a server imports, an opened
    port may be a helper's (metrics); only one that is served while the import waits is a fault."""
    port = address[1] if len(address) > 1 else 0
    if not port or threading.current_thread() is not threading.main_thread():
        return
    if owns:
        finish({"outcome": "proved", "type": "program that listens", "routes": [], "port": port})
    timer = threading.Timer(SERVES_AFTER_SECONDS, complain_if_serving, (port, finish))
    timer.daemon = True
    timer.start()


def complain_if_serving(port: int, finish: Callable[[Answer], NoReturn]) -> None:
    stack = traceback.extract_stack(sys._current_frames()[threading.main_thread().ident or 0])
    if not any(frame.name in SERVING for frame in stack):
        return
    finish(
        {
            "outcome": "failed",
            "error": "StartsServer",
            "message": "the module starts a server of its own while it is imported",
            "name": str(port),
            "text": trace_of(stack, ""),
        }
    )


def place_of(frame: FrameType | None) -> str:
    """The nearest frame of the app itself as "path:line"; "" when only libraries are on the stack."""
    here = f"{Path.cwd()}/"
    while frame is not None:
        if frame.f_code.co_filename.startswith(here):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def failure(error: BaseException) -> Answer:
    name = getattr(error, "name", None)
    if isinstance(error, KeyError) and error.args:
        name = error.args[0]
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "outcome": "failed",
        "error": type(error).__name__,
        "message": str(error)[:2000],
        "name": str(name or ""),
        "text": told(error),
        # code that a library makes of a text (six.raise_from, dataclasses) has that file name, too
        "in_reference": bool(frames) and all(one.filename == OWN_FILE for one in frames),
        "asked": asked_package(str(error), frames[-1].filename if frames else ""),
    }


# how libraries ask: install X, "X" is not installed, X must be installed, a separate project X
ASKS = re.compile(
    r"""(?ix) install(?:ing)? \s+ (?:-U\s+|--upgrade\s+)? ["'`]? (\w[\w.-]*\w)
    | (\w[\w.-]*\w) ["'`]? \s+ (?:package\s+|library\s+)?
      (?:is\ not|isn't|must\ be|needs\ to\ be|to\ be|not) \s+ (?:\w+\s+)? installed
    | separate\ (?:project|package) \s+ ["'`]? (\w[\w.-]*\w)"""
)


def asked_package(message: str, path: str) -> str:
    """What a library says is to be installed, when an installed package names it among its extras: FastAPI
    python-multipart, lxml lxml_html_clean. A name that is only in a text may be anybody's in an index. `path`
    is where it was raised."""
    words = [plain(word) for found in ASKS.findall(message) for word in found if word]
    if not words or "/site-packages/" not in path:
        return ""
    distributions = list(importlib.import_module("importlib.metadata").distributions())
    present = {plain(str(one.metadata["Name"])) for one in distributions}
    optional = set()
    for one in distributions:
        for line in one.requires or ():
            name = re.match(r"[\w.-]+", line)
            if "extra" in line.partition(";")[2] and name is not None:
                optional.add(plain(name[0]))
    return next((word for word in words if word in optional - present), "")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def told(error: BaseException) -> str:
    """The traceback as Python shows it, without the frames of this program and of the import system."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    text = ""
    if before is not None:
        link = "direct cause" if error.__cause__ else ""
        text = told(before) + (CAUSED if link else HANDLED)
    last = "".join(traceback.format_exception_only(type(error), error))
    return (text + trace_of(traceback.extract_tb(error.__traceback__), last))[-20000:]


def trace_of(stack: traceback.StackSummary, last: str) -> str:
    shown = [frame for frame in stack if not is_machinery(frame.filename)]
    return (
        "Traceback (most recent call last):\n" + "".join(traceback.format_list(shown[-MOST_FRAMES:])) + last
    )


def is_machinery(filename: str) -> bool:
    return filename in (OWN_FILE, "<frozen runpy>") or "importlib" in filename


if __name__ == "__main__":
    main()
