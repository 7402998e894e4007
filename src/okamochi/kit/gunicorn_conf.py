"""gunicorn's configuration in images that okamochi builds; every name is a setting of gunicorn.

Variables: PORT, WEB_CONCURRENCY or GUNICORN_WORKERS, GUNICORN_WORKER_MEMORY_MB, GUNICORN_THREADS,
GUNICORN_TIMEOUT, GUNICORN_GRACEFUL_TIMEOUT, GUNICORN_KEEPALIVE, GUNICORN_MAX_REQUESTS,
GUNICORN_MAX_REQUESTS_JITTER, OKAMOCHI_ACCESS_LOG (json, text, off), OKAMOCHI_TRUSTED_HOPS,
OKAMOCHI_STOP_GRACE_SECONDS, OKAMOCHI_BIND_ADDRESS, OKAMOCHI_SECRET_FILES, OKAMOCHI_COLLECT_STATIC,
OKAMOCHI_SERVE_STATIC, OKAMOCHI_ALLOW_SHELL, OKAMOCHI_OBJECT.
gunicorn itself reads FORWARDED_ALLOW_IPS (default 127.0.0.1), and GUNICORN_CMD_ARGS overrules this file.
"""

# pathlib would double the time of the imports:
# ruff: noqa: PTH100, PTH118, PTH120

import importlib as _importlib
import importlib.util as _importlib_util
import os as _os
import select as _select
import sys as _sys
import types as _types
from contextlib import suppress as _suppress
from typing import Any as _Any
from typing import NoReturn as _NoReturn


def _sibling(name: str) -> _Any:
    """A module of the kit, without putting the kit's folder on the app's import path."""
    path = _os.path.join(_os.path.dirname(_os.path.abspath(__file__)), name + ".py")
    spec = _importlib_util.spec_from_file_location("okamochi_kit_" + name, path)
    if spec is None or spec.loader is None:
        _refuse("the kit lacks " + path)
    module = _importlib_util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _refuse(text: str) -> _NoReturn:
    _sys.exit("okamochi: " + text)


def _number(name: str, default: int, least: int = 0, most: int = 86400) -> int:
    text = _os.environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
        _refuse(f"{name}={text} must be a whole number from {least} to {most}")
    return int(text)


def _load_secrets() -> list[str]:
    secret_files = _sibling("secret_files")
    try:
        names: list[str] = secret_files.load(_os.environ)
    except secret_files.SecretError as error:
        _refuse(str(error))
    return names


def _check_process_one() -> str:
    process_one = _sibling("process_one")
    judgement = process_one.verdict()
    if judgement == "refuse" and not _os.environ.get("OKAMOCHI_ALLOW_SHELL"):
        _refuse(process_one.explanation() + ". OKAMOCHI_ALLOW_SHELL=1 starts it all the same")
    return str(process_one.explanation()) if judgement else ""


def _choose_workers() -> tuple[int, str, _Any]:
    """How many to begin with, why in words, and who decides about more; None when it is decided."""
    for name in ("WEB_CONCURRENCY", "GUNICORN_WORKERS"):
        if _os.environ.get(name, "").strip():
            return _number(name, 1, least=1, most=1024), "set by " + name, None
    sizing = _sibling("sizing")
    limits = sizing.read_limits()
    count = _counting.WorkerCount(sizing, limits, _has_booted)
    each = _number("GUNICORN_WORKER_MEMORY_MB", 0, least=1, most=1048576) * sizing.MEBIBYTE
    measured = _number(_counting.MEASURED, 0, most=2**60)
    if each or measured:
        each = each or sizing.served_size(measured)
        count.decided = True
        why = sizing.reasons(limits, each) + "; set WEB_CONCURRENCY to overrule"
        return sizing.workers_that_fit(limits, each), why, count
    if _counting.overruled(_sys.argv[1:], _os.environ):
        return 1, "set by gunicorn's arguments", None
    return 1, "the first; its size decides how many more follow", count


def _has_booted() -> bool:
    """Whether a worker has loaded the app; its byte stays in the pipe."""
    return bool(_select.select([_booted], [], [], 0)[0])


def _choose_trust() -> tuple[int, _Any]:
    """How many proxies are in front, and the addresses that they speak from."""
    hops = _number("OKAMOCHI_TRUSTED_HOPS", 0, most=16)
    if not hops:
        return 0, None
    forwarded = _sibling("forwarded")
    try:
        return hops, forwarded.TrustedPeers(_os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1"))
    except forwarded.ForwardedError as error:
        _refuse(str(error))


def _choose_log_format() -> str:
    text = _os.environ.get("OKAMOCHI_ACCESS_LOG", "").strip().lower() or "json"
    if text not in ("json", "text", "off"):
        _refuse(f"OKAMOCHI_ACCESS_LOG={text} must be json, text or off")
    return text


class _ServedObject(_types.ModuleType):
    """The module okamochi_object, whose `application` is what OKAMOCHI_OBJECT names: "pkg.mod:app.server",
    or what "pkg.mod:bottle.default_app()" gives. gunicorn itself takes no attributes of names."""

    def __getattr__(self, name: str) -> _Any:
        if name != "application":
            raise AttributeError(name)
        module, _, path = _os.environ["OKAMOCHI_OBJECT"].partition(":")
        found: _Any = _importlib.import_module(module)
        for part in path.replace("()", "").split("."):
            found = getattr(found, part)
        return found() if path.endswith("()") else found


if _os.environ.get("OKAMOCHI_OBJECT"):
    _sys.modules["okamochi_object"] = _ServedObject("okamochi_object")
_shell_warning = _check_process_one()
_secret_names = _load_secrets()
_access = _sibling("access_log")
_time_limits = _sibling("time_limits")
_prometheus = _sibling("prometheus_files")
_young_workers = _sibling("young_workers")
_draining = _sibling("draining")
_silent_callers = _sibling("silent_callers")
_counting = _sibling("worker_count")
_metrics_folder = _prometheus.prepare(_os.environ)
_hops, _peers = _choose_trust()
_log_format = _choose_log_format()
_grace_seconds = _number("OKAMOCHI_STOP_GRACE_SECONDS", 0)
_booted, _boots = _os.pipe()
_os.set_blocking(_boots, False)

bind = f"{_os.environ.get('OKAMOCHI_BIND_ADDRESS') or '0.0.0.0'}:{_number('PORT', 8000, 1, 65535)}"
worker_class = "gthread"
workers, _why, _count = _choose_workers()
threads = _number("GUNICORN_THREADS", 4, least=1, most=1024)
timeout = _number("GUNICORN_TIMEOUT", _time_limits.REQUEST_SECONDS)
graceful_timeout = _number("GUNICORN_GRACEFUL_TIMEOUT", _time_limits.graceful_for(_grace_seconds))
keepalive = _number("GUNICORN_KEEPALIVE", 5)
max_requests = _number("GUNICORN_MAX_REQUESTS", 0, most=10**9)
max_requests_jitter = _number("GUNICORN_MAX_REQUESTS_JITTER", max_requests // 10, most=10**9)
# The heartbeat is a file: on a disk it can stall, and with it the worker is taken for dead.
worker_tmp_dir = "/dev/shm" if _os.access("/dev/shm", _os.W_OK | _os.X_OK) else None
# From 25.1 gunicorn opens a control socket below $HOME, which a read-only root refuses at each start.
control_socket_disable = True

accesslog = "-"
access_log_format = '%(h)s - %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s" %(L)s'
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    # The root logger stays the app's own: a handler here would silence its logging.basicConfig().
    "root": {"handlers": []},
    "filters": {"not_a_probe": {"()": _access.NotAProbe}},
    "formatters": {
        "line": {
            "format": "%(asctime)s [%(process)d] [%(levelname)s] %(message)s",
            "datefmt": "[%Y-%m-%d %H:%M:%S %z]",
        },
        "access": {"()": _access.JsonLine if _log_format == "json" else _access.TextLine},
    },
    "handlers": {
        "line": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"},
        "access": {
            "class": "logging.StreamHandler",
            "formatter": "access",
            "filters": ["not_a_probe"],
            "stream": "ext://sys.stdout",
        },
    },
    "loggers": {
        "gunicorn.error": {"handlers": ["line"], "propagate": False},
        "gunicorn.access": {"handlers": [] if _log_format == "off" else ["access"], "propagate": False},
    },
}


def _collect_static(server: _Any) -> None:
    """Django's collectstatic, into a folder in memory; a page without its styles is better than none."""
    import subprocess

    manage = _os.environ["OKAMOCHI_COLLECT_STATIC"]
    command = [_sys.executable, manage, "collectstatic", "--noinput", "--verbosity", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        server.log.warning("okamochi: collectstatic failed: %s", last)
    else:
        server.log.info("okamochi: static files are collected")


def _with_static_files(worker: _Any) -> _Any:
    """The app as it is where they cannot be listed, with a line in the log."""
    asynchronous = "uvicorn" in worker.cfg.worker_class_str
    try:
        return _sibling("static_files").in_front(worker.wsgi, asynchronous=asynchronous)
    except Exception as error:
        worker.log.warning("okamochi: nothing serves the static files: %s: %s", type(error).__name__, error)
        return worker.wsgi


def pre_fork(server: _Any, worker: _Any) -> None:
    _young_workers.hold()


def post_fork(server: _Any, worker: _Any) -> None:
    """gunicorn's arguments are none of the app's: a parse_args() among its imports would refuse them, and
    end every worker. The first stays: apps ask it what they run under."""
    _young_workers.born(worker)
    del _sys.argv[1:]


def post_worker_init(worker: _Any) -> None:
    with _suppress(OSError):  # a full pipe: the first worker's byte is in it
        _os.write(_boots, b".")
    if _os.environ.get("OKAMOCHI_SERVE_STATIC"):
        worker.wsgi = _with_static_files(worker)
    if "thread" not in worker.cfg.worker_class_str and worker.cfg.worker_class_str != "sync":
        return  # servers of event loops have their own ways for the following
    _draining.drains(worker)
    _silent_callers.attend(worker)
    if _hops:
        worker.wsgi = _sibling("forwarded").BehindProxies(worker.wsgi, _hops, _peers)


def pre_request(worker: _Any, request: _Any) -> None:
    worker.log.debug("%s %s", request.method, request.path)
    _access.stamp(request.headers)


def child_exit(server: _Any, worker: _Any) -> None:
    if _metrics_folder:
        _prometheus.forget(worker.pid, _metrics_folder)


def on_starting(server: _Any) -> None:
    _young_workers.attend(server)
    _draining.attend(server)
    if _os.environ.get("OKAMOCHI_COLLECT_STATIC"):
        _collect_static(server)
    # workers of event loops have no threads to speak of
    each = f" x {threads} threads" if "thread" in server.cfg.worker_class_str else ""
    noun = "worker" if workers == 1 else "workers"
    server.log.info("okamochi: %d %s%s (%s)", workers, noun, each, _why)
    if _count is not None:
        _count.attend(server)
    # 0 is no limit to a request
    _counting.first_alone(server, _has_booted, timeout or _time_limits.REQUEST_SECONDS)
    if _secret_names:
        server.log.info("okamochi: read from files: %s", ", ".join(_secret_names))
    if _shell_warning:
        server.log.warning("okamochi: %s", _shell_warning)
    for sentence in _time_limits.breaks(timeout, graceful_timeout, _grace_seconds):
        server.log.warning("okamochi: %s", sentence)
    if _hops and _peers.only_this_machine:
        server.log.warning(
            "okamochi: OKAMOCHI_TRUSTED_HOPS=%d, but FORWARDED_ALLOW_IPS trusts no other machine: "
            "name the proxies' addresses or network there",
            _hops,
        )


# gunicorn before 19.8 counts a hook's parameters in a way that refuses annotations
for _hook in (pre_fork, post_fork, post_worker_init, pre_request, child_exit, on_starting):
    _hook.__annotations__ = {}
