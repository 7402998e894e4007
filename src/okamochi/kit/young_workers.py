"""A stop that comes while a worker is being born ends that worker too.

A forked worker has its master's signal handlers until it sets its own. Of a SIGTERM in between nobody hears:
it lands in the worker's copy of the master's queue, and the master waits for that worker until its patience
or the engine's is over. So the signals that end a worker are held back while it is forked; the worker gives
them their usual meaning, which is to end it, and takes them again.

While it loads the app, gunicorn's own handler only takes note of SIGTERM: a stop right after a start, when
the second worker was still loading, waited for all of the app's imports, and 25 s for an app that loads for
longer. Nobody is served by it yet, so it leaves at once.
"""

from __future__ import annotations

import signal
from typing import Any

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def attend(server: Any) -> None:
    """Has the master take signals again when it has forked; `hold` comes before, and `born` in the worker."""
    spawn_worker = server.spawn_worker

    def spawn() -> Any:
        try:
            return spawn_worker()
        finally:
            take()

    server.spawn_worker = spawn


def hold() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


def take() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def born(worker: Any) -> None:
    """In the new worker, before it sets its own handlers."""
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    take()
    load = worker.load_wsgi

    def load_or_leave() -> None:
        noted = signal.signal(signal.SIGTERM, leave)
        try:
            load()
        finally:
            if signal.getsignal(signal.SIGTERM) is leave:  # else the app has one of its own
                signal.signal(signal.SIGTERM, noted)
                signal.siginterrupt(signal.SIGTERM, noted is signal.SIG_DFL)

    def leave(number: int, frame: Any) -> None:
        worker.alive = False  # for an app that catches the following
        raise SystemExit(0)

    worker.load_wsgi = load_or_leave
