"""How an app under gunicorn waits for its clients: with threads, or with what gevent or eventlet put in their
place, for the whole process or for Socket.IO alone."""

import ast
import re
from collections.abc import Iterable, Iterator

import msgspec

from okamochi.detect.source.bodies import flat_statements
from okamochi.detect.source.constants import Constants
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import keyword_value
from okamochi.model.evidence import Evidence
from okamochi.model.python_base import GUNICORN
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import line_of, regex

__all__ = ["waiting_of"]

PATCHES = {
    "gevent": regex(r"^[^#\n]*\bmonkey\.patch_all\(|^[^#\n]*\bpatch_all\(", re.MULTILINE),
    "eventlet": regex(r"^[^#\n]*\bmonkey_patch\(", re.MULTILINE),
}
PATCHING = {"patch_all": "gevent", "monkey_patch": "eventlet"}
SOCKET_IO = frozenset(["flask_socketio.SocketIO", "socketio.Server"])
# the order in which python-engineio looks for what is installed: BaseServer.async_modes()
MODES = ("eventlet", "gevent", "threading")
# gunicorn 26 has no worker for eventlet any more; the extras tell which gevent or eventlet a gunicorn's
# worker takes, and what else it imports (packaging, since 27)
PACKAGES = {"eventlet": "gunicorn[eventlet]>=20,<26", "gevent": "gunicorn[gevent]>=20"}
OF_GEVENT_WEBSOCKET = "geventwebsocket.gunicorn.workers.GeventWebSocketWorker"
# each open connection has one: https://flask-socketio.readthedocs.io/en/latest/deployment.html
THREADS = "100"


class Waiting(msgspec.Struct, frozen=True):
    """gunicorn's worker class ("" for the kit's threads), the gunicorn that has it, and variables: sessions
    of Socket.IO live in one process, so that one worker serves them, and an open connection has a thread."""

    worker: str
    package: str
    shown: str
    evidence: Evidence
    environment: tuple[tuple[str, str], ...] = ()


def waiting_of(path: str, reached: Iterable[str], sources: Sources, names: Iterable[str]) -> Waiting | None:
    """None for threads as usual. `path` is the module that the server loads, `reached` all that are loaded
    with it, `names` what the project asks for."""
    asked = set(names)
    paths = tuple(dict.fromkeys((path, *reached)))
    patched = _patched(path, paths, sources, asked)
    sockets = _socket_io(paths, sources)
    if sockets is not None:
        mode = _mode(paths, sources, asked) or (patched[0] if patched else "")
        return _with_sockets(
            mode or next(one for one in MODES if one in {*asked, "threading"}), asked, sockets
        )
    if patched is None:
        return _with_open_connections(paths, sources)
    library, evidence = patched
    return Waiting(library, PACKAGES[library], f"gunicorn with {library}'s workers", evidence)


def _with_open_connections(paths: tuple[str, ...], sources: Sources) -> Waiting | None:
    """Flask-Sock: https://flask-sock.readthedocs.io/en/latest/web_servers.html"""
    for path in paths:
        if "flask_sock" not in sources.text(path):
            continue
        module = sources.module(path)
        for node in module.of(ast.Call):
            if module.imports.full(node.func) == "flask_sock.Sock":
                shown = f"gunicorn with workers of {THREADS} threads for WebSockets"
                evidence = Evidence(path=path, line=node.lineno, reason="serves WebSockets")
                return Waiting("", GUNICORN, shown, evidence, (("GUNICORN_THREADS", THREADS),))
    return None


def _with_sockets(mode: str, asked: set[str], evidence: Evidence) -> Waiting:
    alone = (("WEB_CONCURRENCY", "1"),)
    if mode == "threading":
        shown = f"gunicorn with one worker of {THREADS} threads for Socket.IO"
        return Waiting("", GUNICORN, shown, evidence, (*alone, ("GUNICORN_THREADS", THREADS)))
    own = mode == "gevent" and "gevent-websocket" in asked
    worker = OF_GEVENT_WEBSOCKET if own else mode
    return Waiting(
        worker, PACKAGES[mode], f"gunicorn with one worker of {mode} for Socket.IO", evidence, alone
    )


def _patched(
    path: str, paths: tuple[str, ...], sources: Sources, asked: set[str]
) -> tuple[str, Evidence] | None:
    """The library whose patches the server's own module applies, or one that is imported with it: they
    exchange threads and sockets of the whole process, and a worker with threads of its own hangs then."""
    text = sources.text(path)
    for word, pattern in PATCHES.items():
        found = pattern.search(text) if word in asked else None
        if found is not None:
            return word, _applies(path, line_of(found), word)
    for other in paths:
        if any(word in sources.text(other) for word in PATCHING):
            for word, line in _patches_at_import(sources.module(other)):
                if word in asked:
                    return word, _applies(other, line, word)
    return None


def _applies(path: str, line: int, word: str) -> Evidence:
    return Evidence(path=path, line=line, reason=f"applies {word}'s patches")


def _patches_at_import(module: Module) -> Iterator[tuple[str, int]]:
    for statement in flat_statements(module.tree.body):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            word = PATCHING.get(last_name(statement.value.func), "")
            if word:
                yield word, statement.lineno


def _socket_io(paths: tuple[str, ...], sources: Sources) -> Evidence | None:
    for path in paths:
        for node in _calls(path, sources):
            if _is_socket_io(node, path, sources):
                return Evidence(path=path, line=node.lineno, reason="serves Socket.IO")
    return None


def _is_socket_io(node: ast.Call, path: str, sources: Sources) -> bool:
    """A call of the class itself, or of a subclass in the same module."""
    module = sources.module(path)
    called = module.imports.full(node.func)
    own = (one for one in module.tree.body if isinstance(one, ast.ClassDef) and one.name == called)
    bases = [module.imports.full(base) for one in own for base in one.bases]
    return not SOCKET_IO.isdisjoint((called, *bases))


def _mode(paths: tuple[str, ...], sources: Sources, asked: set[str]) -> str:
    """What SocketIO(async_mode="threading") or init_app() says; "" where it says nothing that is known."""
    for path in paths:
        for node in _calls(path, sources):
            known = _is_socket_io(node, path, sources)
            if not known and last_name(node.func) != "init_app":
                continue
            said = Constants(sources).text(keyword_value(node, "async_mode"), sources.module(path))
            if said is not None and said in MODES and said in {*asked, "threading"}:
                return said
    return ""


def _calls(path: str, sources: Sources) -> tuple[ast.Call, ...]:
    text = sources.text(path)
    if "SocketIO" not in text and "socketio" not in text:
        return ()
    return sources.module(path).of(ast.Call)
