"""The server of an app: what is run, with which packages and variables, and what is asked for its health."""

import ast
import posixpath
import re
from collections.abc import Iterable

import msgspec

from okamochi.detect.data.kept_in_memory import kept_in_memory
from okamochi.detect.files.platform_files import exposed_port
from okamochi.detect.files.statements import statements
from okamochi.detect.frameworks.green_workers import waiting_of
from okamochi.detect.frameworks.own_schedule import own_schedule
from okamochi.detect.frameworks.own_servers import PORT, Start, address_of, start_at
from okamochi.detect.frameworks.script_servers import SCRIPTS
from okamochi.detect.frameworks.server import USUAL_PORT, Server
from okamochi.detect.serving.web_applications import Candidate
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.variables.environment_reads import ports_read
from okamochi.errors import PlanError
from okamochi.model.evidence import Evidence
from okamochi.model.plan import KIT_ROOT, VENV_ROOT, Framework, ServerInterface
from okamochi.model.python_base import GUNICORN
from okamochi.system.patterns import regex

__all__ = ["server_of"]

# how platforms say to a command line where to listen
PORT_WORD = regex(r"\$(?:PORT\b|\{PORT(?::-\d+)?\})")
# uvicorn.workers is deprecated since uvicorn 0.30 in favour of this package
UVICORN_WORKER = "uvicorn-worker>=0.3"
FIRST_FOR_PACKAGE = "0.15"
FASTER = frozenset({"uvloop", "httptools"})
WEBSOCKETS = "websockets"
# aiohttp refuses gunicorn's own log format
AIOHTTP_LOG = '%a - %t "%r" %s %b "%{Referer}i" "%{User-Agent}i" %Tf'
SOCKET_PACKAGES = frozenset({"websockets", "wsproto", "uvicorn-standard", "fastapi-cli"})
PORT_OPTIONS = ("--port", "-p", "--http-port", "--server-port")
PORT_READ = regex(r"(?:environ(?:\.get)?|getenv)[(\[]\s*[\"'](\w*PORT)[\"']")
OTHER_PORTS = regex(
    r"PROXY|DB|DATABASE|REDIS|SMTP|MAIL|POSTGRES|MYSQL|MONGO|REMOTE|DEBUG|LDAP|HTTPS|SSL|METRICS"
)


def server_of(
    candidate: Candidate,
    sources: Sources,
    names: Iterable[str],
    port: int,
    *,
    uvicorn: str = "",
    reached: Iterable[str] = (),
) -> Server:
    """gunicorn for objects, the framework's own program for scripts. `names` are the normalized names of
    what the project asks for, `uvicorn` is how it asks for that; `port` is the one that is asked for, 0
    when nothing says otherwise; `reached` are the modules that are loaded."""
    reached = tuple(reached)
    server = _server_of(candidate, sources, names, port, uvicorn, reached)
    alone = (
        dict(server.environment).get("WEB_CONCURRENCY") or posixpath.basename(server.argv[0]) != "gunicorn"
    )
    if alone:
        return server
    schedule = own_schedule((candidate.path, *reached), sources)
    kept = kept_in_memory(dict.fromkeys((candidate.path, *reached)), sources)
    if schedule is None and not kept:
        return server
    why = (
        "each has the schedule that the app runs itself"
        if schedule
        else f"each would have its own {kept[0][0]}"
    )
    return msgspec.structs.replace(
        server,
        summary=f"{server.summary}, with one worker: {why}",
        environment=(*server.environment, ("WEB_CONCURRENCY", "1")),
        notes=(*server.notes, schedule or kept[0][1]),
    )


def _server_of(
    candidate: Candidate,
    sources: Sources,
    names: Iterable[str],
    port: int,
    uvicorn: str,
    reached: tuple[str, ...],
) -> Server:
    if candidate.interface is ServerInterface.OWN:
        if candidate.framework in SCRIPTS:
            return SCRIPTS[candidate.framework](candidate, sources, port or USUAL_PORT)
        return OWN[candidate.framework](candidate, sources, port)
    if candidate.framework is Framework.AIOHTTP:
        extra: tuple[str, ...] = (
            "--worker-class",
            "aiohttp.GunicornWebWorker",
            "--access-logformat",
            AIOHTTP_LOG,
        )
        return _gunicorn(candidate, "gunicorn with aiohttp's worker", (GUNICORN,), extra)
    if candidate.framework is Framework.TORNADO:
        extra = ("--worker-class", "tornado")
        return _gunicorn(candidate, "gunicorn with its worker for Tornado", (GUNICORN,), extra)
    if candidate.interface is ServerInterface.ASGI:
        own = is_before_worker_package(uvicorn)
        packages = [GUNICORN] if own else [GUNICORN, UVICORN_WORKER]
        if _uses_websockets(sources) and not SOCKET_PACKAGES & set(names):
            packages.append(WEBSOCKETS)
        extra = ("--worker-class", own_worker(set(names), uvicorn) if own else "uvicorn_worker.UvicornWorker")
        return _gunicorn(candidate, "gunicorn with uvicorn's workers (ASGI)", tuple(packages), extra)
    waiting = waiting_of(candidate.path, reached, sources, names)
    if waiting is not None:
        extra = ("--worker-class", waiting.worker) if waiting.worker else ()
        found = _gunicorn(candidate, waiting.shown, (waiting.package,), extra)
        environment = (*found.environment, *waiting.environment)
        return msgspec.structs.replace(found, environment=environment, notes=(waiting.evidence,))
    return _gunicorn(candidate, "gunicorn with the kit's configuration", (GUNICORN,), ())


def own_worker(names: set[str], uvicorn: str) -> str:
    """Of uvicorn before 0.15: the usual one insists on uvloop and httptools, the other on nothing."""
    from okamochi.pypi.specifiers import parsed_specifier

    asked = parsed_specifier(uvicorn) if uvicorn else None
    faster = names >= FASTER or (asked is not None and "standard" in asked.extras)
    return f"uvicorn.workers.{'UvicornWorker' if faster else 'UvicornH11Worker'}"


def is_before_worker_package(specifier: str) -> bool:
    """Whether only versions of uvicorn are admitted that the package of workers does not take: those have
    their own workers."""
    from packaging.version import Version

    from okamochi.pypi.specifiers import parsed_specifier

    wanted = parsed_specifier(specifier) if specifier else None
    try:
        return wanted is not None and any(
            one.operator in ("==", "<", "<=", "~=")
            and Version(one.version.removesuffix(".*")) < Version(FIRST_FOR_PACKAGE)
            for one in wanted.specifier
        )
    except ValueError:
        return False


def _gunicorn(
    candidate: Candidate, summary: str, packages: tuple[str, ...], extra: tuple[str, ...]
) -> Server:
    # the script, not `python -m gunicorn`: -m puts /app first, where a gunicorn.py of the app wins
    server = f"{VENV_ROOT}/bin/gunicorn"
    loaded = candidate.object_reference
    environment: tuple[tuple[str, str], ...] = ()
    if "." in candidate.name:
        # gunicorn takes names and calls, no attributes: the kit's configuration follows them
        environment = (("OKAMOCHI_OBJECT", loaded),)
        loaded = "okamochi_object:application"
    argv = (server, "--config", f"{KIT_ROOT}/gunicorn.conf.py", *extra, loaded)
    return Server(summary, argv, packages, environment)


OF_WEBSOCKETS = frozenset(
    ["websocket", "WebSocket", "WebSocketRoute", "APIWebSocketRoute", "WebSocketEndpoint"]
)


def _uses_websockets(sources: Sources) -> bool:
    return any(
        not OF_WEBSOCKETS.isdisjoint(sources.words(path)) or "socketio" in sources.text(path)
        for path in sources.paths
    )


def _program(candidate: Candidate, sources: Sources, port: int) -> Server:
    """With the arguments that the project's own files give it, and the port in the variable that it reads, or
    on the one that the call of its server has."""
    arguments: tuple[str, ...] = ()
    notes: tuple[Evidence, ...] = ()
    for statement in statements(sources):
        served = statement.value.served
        words = tuple(PORT_WORD.sub(str(port or USUAL_PORT), word) for word in served.arguments)
        if served.script and served.reference == candidate.path and plain_words(words):
            arguments, notes = words, statement.evidence
            break
    argv = (f"{VENV_ROOT}/bin/python", candidate.path, *arguments)
    start = start_at(sources.module(candidate.origin[0]), candidate.origin[1])
    if start is not None:
        return _as_it_starts(start, argv, sources, port, notes)
    name = read_port(sources)
    fixed = None if name else fixed_port(sources.module(candidate.path))
    if fixed is not None:
        number, place = fixed
        return Server(
            "the project's own program",
            argv,
            (),
            (),
            number,
            None,
            (place, *notes),
            "the program listens there",
        )
    port = port or USUAL_PORT
    environment = ((name, str(port)),) if name not in ("", "PORT") else ()
    return Server("the project's own program", argv, (), environment, port, None, notes)


def fixed_port(module: Module) -> tuple[int, Evidence] | None:
    """`socketio.run(app, port=5000)` in the program itself: no setting moves it."""
    for call in module.of(ast.Call):
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "run":
            continue
        for keyword in call.keywords:
            match keyword:
                case ast.keyword(arg="port", value=ast.Constant(value=int(number))) if number:
                    reason = f"{ast.unparse(call.func)}() listens on port {number}"
                    return number, Evidence(path=module.path, line=call.lineno, reason=reason)
                case _:
                    pass
    return None


def _nicegui(candidate: Candidate, sources: Sources, port: int) -> Server:
    start = start_at(sources.module(candidate.origin[0]), candidate.origin[1])
    argv = (f"{VENV_ROOT}/bin/python", candidate.path)
    if start is None:
        return Server("the script starts NiceGUI itself", argv, ("nicegui",), (), port or USUAL_PORT)
    given = {one.arg: one.value for one in start.call.keywords}
    match given.get("native"):
        case ast.Constant(value=True):  # https://nicegui.io/documentation/section_configuration_deployment
            raise PlanError(
                f"{start.name}(native=True) opens a window on the screen, and a container has none",
                where=f"{start.path}:{start.line}",
                hint="leave native out for a server, or let a variable say it: "
                'native=os.environ.get("NATIVE") == "1"',
            )
        case _:
            pass
    match given.get("reload"):
        case ast.Constant(value=False):
            notes: tuple[Evidence, ...] = ()
        case _:
            why = f"{start.name}() watches its files and starts anew, unless it is given reload=False"
            notes = (Evidence(path=start.path, line=start.line, reason=why),)
    found = _as_it_starts(start, argv, sources, port, notes)
    return msgspec.structs.replace(found, summary="the script starts NiceGUI itself", packages=("nicegui",))


def _as_it_starts(
    start: Start, argv: tuple[str, ...], sources: Sources, port: int, notes: tuple[Evidence, ...]
) -> Server:
    """On the address of the call: variables that it reads are set, what it fixes stays. PlanError where
    nobody outside of the container could reach it."""
    address = address_of(start, sources, argv[2:])
    said = 0 if address.port_variable or address.port else port_said(argv[2:])
    place = f"{start.path}:{start.line}"
    if address.is_loopback:
        raise PlanError(
            f"{start.name}() listens on {address.host} alone, which nothing outside of the container reaches",
            where=place,
            hint=f"let the address be told: {told_as(start)}; okamochi then sets HOST",
        )
    variable = address.port_variable
    if not variable and not address.port and not said:
        variable = read_port(sources)
    if variable:
        port = port or USUAL_PORT
        reason = f"{start.name}() is given {variable}"
    elif address.port or said:
        port = address.port or said
        reason = "its arguments say so" if said else f"{start.name}() listens there"
    elif (exposed := exposed_port(sources.project))[0] and not port:
        port, reason = exposed[0], f"{exposed[1]} exposes it, and the code does not tell"
    else:
        port = port or start.kind.usual_port or USUAL_PORT
        reason = f"the code does not tell on which {start.name}() listens (setting: port)"
    given = {variable: str(port), address.host_variable: "0.0.0.0"}
    environment = tuple((name, value) for name, value in given.items() if name not in ("", "PORT"))
    why = Evidence(path=start.path, line=start.line, reason=f"{start.name}() starts the server")
    return Server("the project's own program", argv, (), environment, port, None, (why, *notes), reason)


def told_as(start: Start) -> str:
    """How the code would take the host from a variable."""
    value = 'os.environ.get("HOST", "127.0.0.1")'
    if start.kind.settings is None:
        return f"host={value}"
    return f'{start.name.partition(".")[0]}.config.update({{"{start.kind.settings[0]}": {value}}})'


def port_said(words: tuple[str, ...]) -> int:
    """`--port=8080` and `--port 8080` for a program whose code does not show what it makes of them."""
    for word, after in zip(words, (*words[1:], ""), strict=False):
        option, equals, value = word.partition("=")
        number = value if equals else after
        if option in PORT_OPTIONS and PORT.fullmatch(number):
            return int(number)
    return 0


def plain_words(arguments: tuple[str, ...]) -> bool:
    return all(re.fullmatch(r"[\w./:=,@%+-]+", word) for word in arguments)


def read_port(sources: Sources) -> str:
    """The variable from which the code takes its port; "" when there is none."""
    mentioning = [path for path in sources.paths if "PORT" in sources.text(path)]
    found = dict.fromkeys(name for path in mentioning for name in PORT_READ.findall(sources.text(path)))
    found |= dict.fromkeys(name for path in mentioning for name in ports_read(sources.module(path), sources))
    if "PORT" in found:
        return "PORT"
    return next((name for name in found if not OTHER_PORTS.search(name)), "")


OWN = {Framework.NICEGUI: _nicegui, Framework.OTHER: _program}
