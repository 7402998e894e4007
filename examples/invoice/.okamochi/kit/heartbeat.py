"""Starts a worker's or a scheduler's program in this process, and touches a file whenever its loop turns.

python heartbeat.py -- rq worker ... (celery, dramatiq, huey_consumer, arq, or python FILE, python -m MODULE)

The touch hangs on what each program itself does while it is well: RQ's own heartbeat to Redis, Celery's
heartbeat event, a tick of beat, a round of Dramatiq's consumer, a read of Huey's schedule, a pass of
APScheduler or of schedule. A worker that hangs or lost its broker does none of them, and its file grows old;
the health check reads the age. OKAMOCHI_HEARTBEAT_FILE: the file; without it nothing is touched.
OKAMOCHI_SAME: "RQ_REDIS_URL=REDIS_URL" gives the program's own variable the value of the app's.
"""

# pathlib would double the time of the imports:
# ruff: noqa: PTH100, PTH109, PTH119, PTH120, PTH123

from __future__ import annotations

import functools
import os
import signal
import sys
import time
from collections.abc import Callable, MutableMapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from types import ModuleType
from typing import Any

LONGEST_PAUSE = 30
"""Seconds that a loop with nothing to do may wait, where the library would wait minutes."""

_touched = 0.0


def touch() -> None:
    global _touched
    path, now = os.environ.get("OKAMOCHI_HEARTBEAT_FILE", ""), time.monotonic()
    if not path or now - _touched < 1:
        return
    _touched = now
    try:
        with open(path, "a", encoding="utf-8"):
            os.utime(path)
    except OSError as error:
        print(f"okamochi: no heartbeat: {path}: {error.strerror}", file=sys.stderr)


def touching(owner: Any, name: str, *, after: bool = False) -> None:
    """The method touches the file before its own work, or after it went well."""
    original = getattr(owner, name, None)
    if original is None or getattr(original, "touches", False):
        return

    @functools.wraps(original)
    def method(*arguments: Any, **named: Any) -> Any:
        if not after:
            touch()
        answer = original(*arguments, **named)
        if after:
            touch()
        return answer

    method.touches = True  # type: ignore[attr-defined]
    setattr(owner, name, method)


def classes_with(module: ModuleType, name: str) -> list[type]:
    found = (one for one in vars(module).values() if isinstance(one, type))
    return [one for one in found if name in vars(one)]


def rq_defaults(module: ModuleType) -> None:
    module.DEFAULT_WORKER_TTL = LONGEST_PAUSE + 15  # type: ignore[attr-defined]


def rq_worker(module: ModuleType) -> None:
    for one in classes_with(module, "heartbeat"):
        touching(one, "heartbeat", after=True)


def celery_worker(module: ModuleType) -> None:
    touching(module.Heart, "_send", after=True)


def celery_beat(module: ModuleType) -> None:
    module.Scheduler.max_interval = LONGEST_PAUSE
    for one in classes_with(module, "tick"):
        touching(one, "tick", after=True)


def dramatiq_cli(_: ModuleType) -> None:
    """From Python 3.14 on processes begin anew, without what is changed here."""
    import multiprocessing

    multiprocessing.set_start_method("fork", force=True)


def dramatiq_worker(module: ModuleType) -> None:
    for one in classes_with(module, "handle_delayed_messages"):
        touching(one, "handle_delayed_messages")


def huey_api(module: ModuleType) -> None:
    touching(module.Huey, "read_schedule", after=True)


def arq_worker(module: ModuleType) -> None:
    touching(module.Worker, "heart_beat")


def schedule_package(module: ModuleType) -> None:
    touching(module.Scheduler, "run_pending")


def apscheduler_base(module: ModuleType) -> None:
    original = module.BaseScheduler._process_jobs

    @functools.wraps(original)
    def process_jobs(scheduler: Any) -> Any:
        touch()
        pause = original(scheduler)
        return LONGEST_PAUSE if pause is None else min(pause, LONGEST_PAUSE)

    module.BaseScheduler._process_jobs = process_jobs


HOOKS: dict[str, Callable[[ModuleType], None]] = {
    "apscheduler.schedulers.base": apscheduler_base,
    "arq.worker": arq_worker,
    "celery.beat": celery_beat,
    "celery.worker.heartbeat": celery_worker,
    "dramatiq.cli": dramatiq_cli,
    "dramatiq.worker": dramatiq_worker,
    "huey.api": huey_api,
    "rq.defaults": rq_defaults,
    "rq.worker": rq_worker,
    "rq.worker.base": rq_worker,
    "schedule": schedule_package,
}


class Hooked(Loader):
    """The module's own loader, and the hook after it."""

    def __init__(self, loader: Any, hook: Callable[[ModuleType], None]) -> None:
        self.loader = loader
        self.hook = hook

    def create_module(self, spec: Any) -> Any:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        try:
            self.hook(module)
        except Exception as error:  # another version of the library: the worker is worth more than its pulse
            print(f"okamochi: no heartbeat of {module.__name__}: {error}", file=sys.stderr)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)


class Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        hook = HOOKS.get(name)
        if hook is None:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = Hooked(spec.loader, hook)
                return spec
        return None


def run(words: Sequence[str]) -> None:
    """As the interpreter itself would: the program's folder, or the working directory, is looked in first."""
    import runpy

    program, rest = words[0], list(words[1:])
    if os.path.basename(program).startswith("python"):
        while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c"):
            rest.pop(0)  # -u and the like are set in the image's environment
        if rest[:1] == ["-m"] and len(rest) > 1:
            sys.argv = rest[1:]
            sys.path.insert(0, os.getcwd())
            runpy.run_module(rest[1], run_name="__main__", alter_sys=True)
            return
        if not rest or rest[0] == "-c":
            os.execv(program, list(words))
        program = rest.pop(0)
    sys.argv = [program, *rest]
    sys.path.insert(0, os.path.dirname(os.path.abspath(program)))
    runpy.run_path(program, run_name="__main__")


def same_values(environ: MutableMapping[str, str]) -> None:
    for pair in filter(None, environ.get("OKAMOCHI_SAME", "").split(",")):
        own, _, other = pair.partition("=")
        if not environ.get(own) and environ.get(other):
            environ[own] = environ[other]


def main(arguments: Sequence[str]) -> None:
    words = list(arguments[1:] if arguments[:1] == ["--"] else arguments)
    if not words:
        sys.exit("usage: heartbeat.py -- PROGRAM [ARGUMENT]...")
    own = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if path != own]
    same_values(os.environ)
    if os.getpid() == 1:  # without an init in the container the kernel would drop the signal
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.meta_path.insert(0, Finder())
    run(words)


if __name__ == "__main__":
    main(sys.argv[1:])
