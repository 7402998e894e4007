"""Who connects and says nothing takes no thread.

gunicorn's threaded worker has a thread of its few wait for the first byte of each new connection: up to 5 s
from 24 on, for ever before 21; those between do not. Browsers and load balancers connect ahead of what they
will ask, and of anybody who does so on purpose sixty connections made everybody else wait for 30 s (two
workers with four threads). Here a new connection goes at once where gunicorn puts one that was silent for
5 s: to the poller, which takes no thread. At a stop those that are still silent are closed after 2 s, as
gunicorn does with those that were kept.
"""

from __future__ import annotations

import selectors
import time
from functools import partial
from typing import Any

# gunicorn's own: 5 s in a thread, then as long as a kept connection
THREAD_SECONDS = 5
STOP_SECONDS = 2.0
NEEDED = ("enqueue_req", "pending_conns", "poller", "on_pending_socket_readable", "set_accept_enabled")


def attend(worker: Any) -> bool:
    """False for workers that are made another way."""
    if hasattr(worker, "reuse_connection") and hasattr(worker, "_keep"):
        attend_old(worker)
        return True
    if not all(hasattr(worker, name) for name in NEEDED):
        return False
    enqueue, accept_enabled = worker.enqueue_req, worker.set_accept_enabled

    def enqueue_req(conn: Any) -> None:
        if conn.initialized or conn.data_ready or not worker.alive:
            enqueue(conn)
            return
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + THREAD_SECONDS + worker.cfg.keepalive
        worker.pending_conns.append(conn)
        heard = partial(worker.on_pending_socket_readable, conn)
        worker.poller.register(conn.sock, selectors.EVENT_READ, heard)

    def set_accept_enabled(enabled: bool) -> None:
        accept_enabled(enabled)
        if not enabled and not worker.alive:
            for conn in worker.pending_conns:
                conn.timeout = min(conn.timeout, time.monotonic() + STOP_SECONDS)

    worker.enqueue_req, worker.set_accept_enabled = enqueue_req, set_accept_enabled
    return True


def attend_old(worker: Any) -> None:
    """gunicorn before 21 has no place for those that are silent: they count as connections that are kept."""
    enqueue = worker.enqueue_req

    def heard(conn: Any, client: Any) -> None:
        conn.okamochi_heard = True
        worker.reuse_connection(conn, client)

    def enqueue_req(conn: Any) -> None:
        if conn.parser is not None or hasattr(conn, "okamochi_heard") or not worker.alive:
            enqueue(conn)
            return
        conn.set_timeout()
        with worker._lock:
            worker._keep.append(conn)
            worker.poller.register(conn.sock, selectors.EVENT_READ, partial(heard, conn))

    worker.enqueue_req = enqueue_req
