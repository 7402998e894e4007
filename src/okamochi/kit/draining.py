"""SIGTERM without a lost request: what waits in the listen queue is served, later callers are refused.

gunicorn's threaded worker stops accepting at once, but leaves the socket open until its last request is done.
Whoever connects in between is in the queue of a server that will never answer, and is reset at the end.
Here a stopping worker takes what waits, then closes its socket: callers after that meet a closed port, which
clients and proxies retry.

Between the last look and the close somebody could still be let in, and be reset: on a busy machine a worker
may be set aside for milliseconds right there. So the master shrinks the queue to one place when it stops, and
a worker takes that place with a call of its own before it closes: the kernel overlooks calls at a full queue,
and who calls asks again after a second, and meets a closed port.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

MOST_TRIES = 100
CALL_SECONDS = 0.05
# who was let in has said within it what is wanted, or hears nothing
READ_SECONDS = 2.0
# of TCP_INFO (linux/tcp.h): TCP_LISTEN is the state in which tcpi_sacked is the limit of the socket's queue
LISTEN = 10
QUEUE_LIMIT = 28  # where tcpi_sacked begins


def attend(server: Any) -> None:
    """Has the master call nobody in any more when it stops."""
    stop = server.stop

    def stop_deaf(*arguments: Any, **named: Any) -> Any:
        # sockets of systemd, or of an upgrade (USR2), serve on elsewhere
        if not (getattr(server, "systemd", False) or server.reexec_pid or server.master_pid):
            for listener in server.LISTENERS:
                with suppress(OSError):
                    listener.sock.listen(0)
        return stop(*arguments, **named)

    server.stop = stop_deaf


def drains(worker: Any) -> bool:
    """Makes gunicorn's threaded worker drain; False for workers that are made another way."""
    if not hasattr(worker, "enqueue_req"):
        return False
    accept_enabled = getattr(worker, "set_accept_enabled", None)
    if accept_enabled is None:
        return drains_in_the_end(worker)

    def set_accept_enabled(enabled: bool) -> None:
        accept_enabled(enabled)
        if not enabled and not worker.alive:
            for listener in worker.sockets:
                take_what_waits(worker.accept, listener)

    worker.set_accept_enabled = set_accept_enabled
    return True


def drains_in_the_end(worker: Any) -> bool:
    """The worker of gunicorn 20 to 23, whose loop ends at SIGTERM with people let in and not heard. The first
    thing after it is that the pool of threads is shut down."""
    pool = getattr(worker, "tpool", None)
    if pool is None or getattr(worker, "poller", None) is None:
        return False
    shutdown = pool.shutdown

    def drain_and_shutdown(*arguments: Any, **named: Any) -> None:
        pool.shutdown = shutdown  # SIGQUIT may come on top
        for listener in worker.sockets:
            if listener.sock is not None:
                with suppress(KeyError):  # a stop before the loop
                    worker.poller.unregister(listener)
                take_what_waits(partial(worker.accept, listener.getsockname()), listener)
        hear_who_was_let_in(worker)
        shutdown(*arguments, **named)

    pool.shutdown = drain_and_shutdown
    return True


def hear_who_was_let_in(worker: Any) -> None:
    """Once at least: somebody may have just asked for more on a connection that was kept."""
    until = time.monotonic() + READ_SECONDS
    while True:
        for key, _ in worker.poller.select(CALL_SECONDS):
            key.data(key.fileobj)
        if len(worker.poller.get_map()) <= len(worker._keep) or time.monotonic() > until:
            return


def take_what_waits(accept: Callable[[Any], object], listener: Any) -> None:
    if listener.sock is None:
        return
    waiting = select.poll()
    waiting.register(listener.fileno(), select.POLLIN)
    for _ in range(MOST_TRIES):
        while waiting.poll(0):
            accept(listener)
        # else only this worker ends (a reload), and others take what comes
        if not has_one_place(listener.sock) or takes_the_place(listener.sock):
            break
    listener.close()


def has_one_place(listening: Any) -> bool:
    """Whether the master stops; no, where the kernel does not tell."""
    try:
        told = listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, QUEUE_LIMIT + 4)
    except (AttributeError, OSError):
        return False
    return (
        len(told) == QUEUE_LIMIT + 4
        and told[0] == LISTEN
        and struct.unpack_from("I", told, QUEUE_LIMIT) == (0,)
    )


def takes_the_place(listening: Any) -> bool:
    """Whether a call of our own waits in the queue now, where only one has room. Who takes it, another worker
    that stops, finds that it has nothing to say."""
    host, port = listening.getsockname()[:2]
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    with socket.socket(listening.family, socket.SOCK_STREAM) as own:
        own.settimeout(CALL_SECONDS)
        return own.connect_ex((loopback, port)) == 0
