"""A stop that comes while a worker is being born ends that worker too.

A forked worker has its master's signal handlers until it sets its own. Of a SIGTERM in between nobody hears:
it lands in the worker's copy of the master's queue, and the master waits for that worker until its patience
or the engine's is over. So the signals that end a worker are held back while it is forked; the worker gives
them their usual meaning, which is to end it, and takes them again.
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


def born() -> None:
    """In the new worker, before it sets its own handlers."""
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    take()
