"""SIGTERM without a lost request: what waits in the listen queue is served, later callers are refused.

gunicorn's threaded worker stops accepting at once, but leaves the socket open until its last request is done.
Whoever connects in between is in the queue of a server that will never answer, and is reset at the end.
Here a stopping worker takes what waits, then closes its socket: callers after that meet a closed port, which
clients and proxies retry.
"""

from __future__ import annotations

import select
from typing import Any


def drains(worker: Any) -> bool:
    """Makes gunicorn's threaded worker drain; False for workers that are made another way."""
    accept_enabled = getattr(worker, "set_accept_enabled", None)
    if accept_enabled is None or not hasattr(worker, "enqueue_req"):
        return False

    def set_accept_enabled(enabled: bool) -> None:
        accept_enabled(enabled)
        if not enabled and not worker.alive:
            for listener in worker.sockets:
                take_what_waits(worker, listener)

    worker.set_accept_enabled = set_accept_enabled
    return True


def take_what_waits(worker: Any, listener: Any) -> None:
    if listener.sock is None:
        return
    waiting = select.poll()
    waiting.register(listener.fileno(), select.POLLIN)
    while waiting.poll(0):
        worker.accept(listener)
    listener.close()
