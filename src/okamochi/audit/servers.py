"""The web servers that a command line starts, with their options wherever these are written."""

import ast
import posixpath
import shlex
from collections.abc import Iterator

import msgspec

from okamochi.audit.containers import Container
from okamochi.audit.setup import Setup
from okamochi.system.python_text import syntax_tree
from okamochi.system.words import word_set

__all__ = [
    "Option",
    "Server",
    "config_path",
    "gunicorn_setting",
    "is_development_server",
    "keeps_running",
    "servers",
]

# gunicorn's short options by their long names, which are its settings with hyphens
GUNICORN_SHORT = {
    "-b": "bind",
    "-w": "workers",
    "-k": "worker-class",
    "-t": "timeout",
    "-c": "config",
    "-D": "daemon",
    "-e": "env",
    "-p": "pid",
    "-u": "user",
    "-g": "group",
    "-m": "umask",
    "-n": "name",
    "-R": "enable-stdio-inheritance",
}
SHORT = {
    "gunicorn": GUNICORN_SHORT,
    "flask": {"-h": "host", "-p": "port", "-A": "app", "-e": "env-file"},
    "quart": {"-h": "host", "-p": "port"},
    "hypercorn": {"-b": "bind", "-w": "workers", "-k": "worker-class", "-c": "config"},
    "daphne": {"-b": "bind", "-p": "port", "-u": "unix_socket", "-e": "endpoint"},
    "celery": {
        "-A": "app",
        "-l": "loglevel",
        "-c": "concurrency",
        "-B": "beat",
        "-Q": "queues",
        "-P": "pool",
    },
}
# options without a value, of all servers here
FLAGS = word_set(
    "reload preload daemon debug no-debug no-reload factory proxy-headers beat no-proxy-headers "
    "capture-output no-sendfile reuse-port insecure nothreading master enable-threads die-on-term vacuum "
    "noreload nostatic lazy-apps single-interpreter need-app no-control-socket access-log no-access-log "
    "with-threads without-threads enable-stdio-inheritance use-colors no-use-colors help version ws no-ws "
    "call print-config check-config proxy-protocol log-syslog logto-master http-auto-chunked"
)
PYTHON_SERVERS = word_set(
    "gunicorn uvicorn hypercorn daphne granian waitress-serve uwsgi flask quart fastapi streamlit celery rq "
    "django-admin manage.py chainlit panel solara shiny marimo"
)


# the words by which these stay
RUNNING = {
    "flask": ("run",),
    "quart": ("run",),
    "celery": ("worker", "beat", "flower"),
    "rq": ("worker", "scheduler"),
    "streamlit": ("run",),
    "fastapi": ("run", "dev"),
    "manage.py": ("runserver", "qcluster", "rqworker"),
}


class Option(msgspec.Struct, frozen=True):
    """`value` is "" for a flag. `path` and `line` are where it is written."""

    name: str
    value: str
    path: str
    line: int


class Server(msgspec.Struct, frozen=True):
    """`name` is that of the program: "gunicorn", "flask", "manage.py" (with "runserver" among its words), or
    "python" for a script. `words` are what is no option; `options` have names without leading hyphens."""

    name: str
    words: tuple[str, ...]
    options: tuple[Option, ...]
    container: Container

    def option(self, *names: str) -> Option | None:
        """The last of these that is given."""
        return next((one for one in reversed(self.options) if one.name in names), None)

    def value(self, *names: str) -> str:
        found = self.option(*names)
        return found.value if found is not None else ""

    @property
    def path(self) -> str:
        return self.container.command.path

    @property
    def line(self) -> int:
        return self.container.command.line


def servers(container: Container) -> tuple[Server, ...]:
    """In the order in which its command starts them."""
    found = (server_of(argv, container) for argv in container.command.programs)
    return tuple(one for one in found if one is not None)


def server_of(argv: tuple[str, ...], container: Container) -> Server | None:
    name = argv[0].rpartition("/")[2]
    rest = argv[1:]
    if name.startswith("python") and rest and rest[0].endswith(".py"):
        script = rest[0].rpartition("/")[2]
        name, rest = ("manage.py", rest[1:]) if script == "manage.py" else ("python", rest)
    elif name.endswith("manage.py"):
        name = "manage.py"
    elif name not in PYTHON_SERVERS:
        return None
    words, options = parsed(name, rest, container.command.path, container.command.line)
    return Server(name, words, options, container)


def parsed(
    name: str, rest: tuple[str, ...], path: str, line: int
) -> tuple[tuple[str, ...], tuple[Option, ...]]:
    """The words and the options of a command line."""
    words: list[str] = []
    options: list[Option] = []
    waiting = list(rest)
    while waiting:
        word = waiting.pop(0)
        short = SHORT.get(name, {}).get(word[:2]) if not word.startswith("--") else None
        if word.startswith("--"):
            key, assigns, value = word[2:].partition("=")
        elif short is not None:
            key, assigns, value = short, word[2:], word[2:].removeprefix("=")
        else:
            words.append(word)
            continue
        if not assigns and key not in FLAGS and waiting and not waiting[0].startswith("--"):
            value = waiting.pop(0)
        options.append(Option(key, value, path, line))
    return tuple(words), tuple(options)


def is_development_server(server: Server) -> bool:
    """Whether it is a framework's own server, made for the desk: `flask run`, `manage.py runserver`, `fastapi
    dev`, or a script of the project that is run as it is."""
    match server.name:
        case "flask" | "quart":
            return "run" in server.words
        case "manage.py" | "django-admin":
            return "runserver" in server.words
        case "fastapi":
            return "dev" in server.words
        case _:
            return False


def keeps_running(server: Server) -> bool:
    """Whether it stays until it is told to stop, and does not end by itself as `flask db upgrade` does."""
    if server.name in RUNNING:
        return any(word in server.words for word in RUNNING[server.name])
    return server.name != "django-admin" and not {"check-config", "help", "version"} & {
        one.name for one in server.options
    }


def gunicorn_setting(server: Server, setting: str, setup: Setup) -> Option | None:
    """A setting of gunicorn by its long name with hyphens: of the command line, else of GUNICORN_CMD_ARGS,
    else of its configuration file, as gunicorn ranks them.
    https://docs.gunicorn.org/en/stable/configure.html"""
    return (
        server.option(setting)
        or next((one for one in given_by_variable(server) if one.name == setting), None)
        or next((one for one in of_file(server, setup) if one.name == setting), None)
    )


def given_by_variable(server: Server) -> tuple[Option, ...]:
    given = server.container.variable("GUNICORN_CMD_ARGS")
    if given is None or not given.value:
        return ()
    try:
        words = tuple(shlex.split(given.value))
    except ValueError:
        return ()
    return parsed("gunicorn", words, given.path, given.line)[1]


def of_file(server: Server, setup: Setup) -> Iterator[Option]:
    """What its configuration file assigns as a plain value; what it computes is there with the value ""."""
    path = config_path(server, setup)
    text = setup.project.read_text(path) if path else None
    tree = syntax_tree(text or "")
    for one in tree.body if tree is not None else ():
        target = one.targets[0] if isinstance(one, ast.Assign) else getattr(one, "target", None)
        if isinstance(one, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name):
            value = str(one.value.value) if isinstance(one.value, ast.Constant) else ""
            yield Option(target.id.replace("_", "-"), value, path, one.lineno)


def config_path(server: Server, setup: Setup) -> str:
    """Of gunicorn's configuration file in the project; "" where there is none, or several."""
    named = server.value("config")
    if named.startswith("python:"):
        named = f"{named.removeprefix('python:').replace('.', '/')}.py"
    name = posixpath.basename(named) if named else "gunicorn.conf.py"
    paths = setup.project.files(f"**/{name}") if name and "$" not in name else ()
    ends = [path for path in paths if named and f"/{posixpath.normpath(named)}".endswith(f"/{path}")]
    for chosen in (ends[-1:], paths):
        if len(chosen) == 1:
            return chosen[0]
    return name if name in paths else ""
