"""Reads command lines that start web servers: which object they load, and from which folder."""

import re
import shlex

import msgspec

from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = ["ServedObject", "command_text", "commands_of", "served_by"]

OBJECT = regex(r"[A-Za-z_][\w.-]*(:[A-Za-z_][\w.]*(\(.*\))?)?")
MOST_CHARACTERS = 20_000
ASSIGNMENT = regex(r"[A-Za-z_]\w*=.*", re.DOTALL)
PREFIX_PROGRAMS = word_set(
    "exec env sudo time nohup opentelemetry-instrument ddtrace-run newrelic-admin run-program tini dumb-init "
    "--"
)
RUNNERS = {"poetry": "run", "uv": "run", "pipenv": "run", "pdm": "run", "hatch": "run", "heroku": "run"}
GUNICORN_FLAGS = word_set(
    "--reload --preload --daemon -D --no-sendfile --capture-output --enable-stdio-inheritance --spew -R "
    "--check-config --print-config --log-syslog --proxy-protocol --strip-header-spaces --reuse-port "
    "--disable-redirect-access-to-syslog --do-handshake-on-connect --suppress-ragged-eofs "
    "--no-control-socket --initgroups --permit-obsolete-folding --permit-unconventional-http-method -h "
    "--help -v --version"
)
UVICORN_FLAGS = frozenset(
    ["--reload", "--factory", "--proxy-headers", "--no-proxy-headers", "--use-colors", "--no-access-log"]
)
WAITRESS_FLAGS = frozenset(["--call", "--expose-tracebacks", "--no-expose-tracebacks", "--ipv6", "--no-ipv6"])
GRANIAN_FLAGS = frozenset(
    ["--reload", "--no-reload", "--access-log", "--no-access-log", "--factory", "--ws", "--no-ws"]
)


def command_text(value: object) -> str:
    """A command as YAML and JSON have it, a line or a list of words, as a line; "" for anything else."""
    if isinstance(value, list):
        return shlex.join(map(str, value))
    return value if isinstance(value, str) else ""


class ServedObject(msgspec.Struct, frozen=True):
    """What a server loads: `reference` is "pkg.wsgi:app", "pkg:create_app()", "pkg.wsgi" or, when
    `script`, the path of a Python file that is run. `folder` is the server's --chdir or --pythonpath;
    `arguments` are the script's, `worker` the class of gunicorn's workers."""

    server: str
    reference: str
    folder: str = ""
    script: bool = False
    arguments: tuple[str, ...] = ()
    worker: str = ""


def served_by(command: str) -> tuple[ServedObject, ...]:
    """All objects that the command line serves, in order; empty when it starts no server that is known."""
    found = (_served(argv) for argv in commands_of(command))
    return tuple(served for served in found if served is not None)


def commands_of(text: str) -> tuple[tuple[str, ...], ...]:
    """The argvs of a shell text: split at && || ; | and line ends, wrappers such as exec and env removed."""
    commands: list[tuple[str, ...]] = []
    for part in _parts(text):
        argv = _bare(_words(part))
        inner = _shell_text(argv)
        if inner:
            commands += commands_of(inner)
        elif argv:
            commands.append(argv)
    return tuple(commands)


def _parts(text: str) -> list[str]:
    """Split at the shell's separators outside of quotes; without what is longer than any command."""
    parts, current, quote = [], "", ""
    for character in text.replace("\\\n", " "):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        if not quote and character in "&|;\n":
            parts.append(current)
            current = ""
        else:
            current += character
    found = [part.strip() for part in (*parts, current)]
    return [part for part in found if part and len(part) <= MOST_CHARACTERS]


def _words(part: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(part, comments=True))
    except ValueError:
        return tuple(part.split())


def _bare(argv: tuple[str, ...]) -> tuple[str, ...]:
    rest = list(argv)
    while rest:
        first = rest[0].rpartition("/")[2]
        if ASSIGNMENT.fullmatch(rest[0]) or first in PREFIX_PROGRAMS:
            rest = rest[1:]
        elif (len(rest) > 2 and RUNNERS.get(first) == rest[1]) or (
            first.startswith("python") and len(rest) > 2 and rest[1] == "-m"
        ):
            rest = rest[2:]
        elif first.startswith("python") and len(rest) > 1 and rest[1] in ("-u", "-O", "-B", "-I"):
            rest = [rest[0], *rest[2:]]
        else:
            break
    return tuple(rest)


def _shell_text(argv: tuple[str, ...]) -> str:
    if len(argv) < 3 or argv[0].rpartition("/")[2] not in ("sh", "bash", "ash", "dash"):
        return ""
    for position, word in enumerate(argv[1:-1], start=1):
        if re.fullmatch(r"-[a-z]*c", word):
            return argv[position + 1]
    return ""


def _served(argv: tuple[str, ...]) -> ServedObject | None:
    program = argv[0].rpartition("/")[2]
    rest = argv[1:]
    match program:
        case "gunicorn":
            return _with_positional(program, rest, GUNICORN_FLAGS)
        case "waitress-serve" | "waitress":
            return _waitress(rest)
        case "granian" | "mod_wsgi-express" | "hypercorn" | "bjoern":
            return _with_positional(program, rest, GRANIAN_FLAGS)
        case "uwsgi":
            return _uwsgi(rest)
        case "flask" | "quart":
            return _flask(rest)
        case "uvicorn" | "daphne":
            return _asgi(program, rest)
        case "fastapi":
            return _fastapi(rest)
        case "streamlit" | "panel" | "bokeh" | "chainlit" | "shiny" | "marimo" | "solara" if rest[:1] in (
            ("run",),
            ("serve",),
        ):
            return _own_script(program, rest[1:])
        case _ if program.startswith("python") and rest and rest[0].endswith(".py"):
            script = rest[0].removeprefix("./").removeprefix("/app/")
            return ServedObject("python", script, script=True, arguments=rest[1:])
        case _:
            return None


def _options(rest: tuple[str, ...], flags: frozenset[str]) -> tuple[dict[str, str], list[str]]:
    """Options with their values, and the positional words."""
    options: dict[str, str] = {}
    positional: list[str] = []
    words = list(rest)
    while words:
        word = words.pop(0)
        if not word.startswith("-") or word == "-":
            positional.append(word)
        elif "=" in word and word.startswith("--"):
            name, _, value = word.partition("=")
            options[name] = value
        elif word in flags:
            options[word] = ""
        elif not word.startswith("--") and len(word) > 2:
            options[word[:2]] = word[2:]
        elif words:
            options[word] = words.pop(0)
    return options, positional


def _with_positional(server: str, rest: tuple[str, ...], flags: frozenset[str]) -> ServedObject | None:
    options, positional = _options(rest, flags)
    folder = options.get("--chdir") or options.get("--pythonpath") or ""
    reference = next((word for word in positional if OBJECT.fullmatch(word)), "")
    if not reference:
        return None
    worker = options.get("-k") or options.get("--worker-class") or "" if server == "gunicorn" else ""
    return ServedObject(server, reference, _relative(folder), worker=worker)


def _waitress(rest: tuple[str, ...]) -> ServedObject | None:
    options, positional = _options(rest, WAITRESS_FLAGS)
    reference = next((word for word in positional if OBJECT.fullmatch(word)), "")
    if not reference:
        return None
    called = "--call" in options and not reference.endswith(")")
    return ServedObject("waitress-serve", f"{reference}()" if called else reference)


def _uwsgi(rest: tuple[str, ...]) -> ServedObject | None:
    options, _ = _options(rest, frozenset(["--master", "--enable-threads", "--die-on-term", "--vacuum"]))
    module = options.get("--module") or options.get("-w") or options.get("--mount", "").partition("=")[2]
    file = options.get("--wsgi-file") or options.get("--file") or ""
    name = options.get("--callable", "")
    reference = module or file.removesuffix(".py").replace("/", ".")
    if not reference:
        return None
    folder = _relative(options.get("--chdir", ""))
    return ServedObject(
        "uwsgi", f"{reference}:{name}" if name and ":" not in reference else reference, folder
    )


def _flask(rest: tuple[str, ...]) -> ServedObject | None:
    options, positional = _options(rest, frozenset(["--debug", "--no-debug", "--reload", "--no-reload"]))
    app = options.get("--app") or options.get("-A") or ""
    return ServedObject("flask", app) if app and "run" in positional else None


def _asgi(program: str, rest: tuple[str, ...]) -> ServedObject | None:
    options, positional = _options(rest, UVICORN_FLAGS)
    reference = next((word for word in positional if OBJECT.fullmatch(word)), "")
    if not reference:
        return None
    called = "--factory" in options and not reference.endswith(")")
    return ServedObject(
        program, f"{reference}()" if called else reference, _relative(options.get("--app-dir", ""))
    )


def _fastapi(rest: tuple[str, ...]) -> ServedObject | None:
    """`fastapi run svc/main.py --app app`."""
    options, positional = _options(rest[1:], frozenset(["--reload", "--no-reload", "--proxy-headers"]))
    path = next((word for word in positional if word.endswith(".py")), "")
    if not rest or rest[0] not in ("run", "dev") or not path:
        return None
    name = options.get("--app", "")
    reference = path.removeprefix("./").removeprefix("/app/")
    return ServedObject("fastapi", f"{reference}:{name}" if name else reference)


def _own_script(program: str, rest: tuple[str, ...]) -> ServedObject | None:
    path = next((word for word in rest if word.endswith(".py")), "")
    return ServedObject(program, path.removeprefix("./").removeprefix("/app/")) if path else None


def _relative(folder: str) -> str:
    text = folder.removeprefix("/app/").removeprefix("/usr/src/app/").removeprefix("/code/").strip("/")
    return "" if text in (".", "app", "code", "usr/src/app") and folder.startswith(("/", ".")) else text
