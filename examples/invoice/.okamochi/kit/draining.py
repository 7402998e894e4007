"""SIGTERM without a lost request: what waits in the listen queue is served, later callers are refused.

gunicorn's threaded worker stops accepting at once, but leaves the socket open until its last request is done.
Whoever connects in between is in the queue of a server that will never answer, and is reset at the end.
Here a stopping worker takes what waits, then closes its socket: callers after that meet a closed port, which
clients and proxies retry.

Between the last look and the close somebody could still be let in, and be reset. So the master has the kernel
overlook calls from the moment in which it stops: a caller asks again after a second, and meets a closed port.
"""

from __future__ import annotations

import array
import select
import socket
import struct
import sys
import time
from typing import Any

ATTACH_FILTER = 26  # SO_ATTACH_FILTER, which the module socket does not name everywhere
# BPF (linux/filter.h) as a listening TCP socket sees it, from the TCP header on: code, jt, jf, k
NO_SYN = (
    (0x30, 0, 0, 13),  # load the byte with the flags
    (0x45, 0, 1, 0x02),  # SYN?
    (0x06, 0, 0, 0),  # drop it
    (0x06, 0, 0, 0xFFFFFFFF),  # let all else through
)
UNDER_WAY_SECONDS = 0.05  # for who had begun to call before


def attend(server: Any) -> None:
    """Has the master call nobody in any more when it stops."""
    stop = server.stop

    def stop_deaf(*arguments: Any, **named: Any) -> Any:
        # sockets of systemd, or of an upgrade (USR2), serve on elsewhere
        if not (getattr(server, "systemd", False) or server.reexec_pid or server.master_pid):
            for listener in server.LISTENERS:
                overlook_calls(listener.sock)
        return stop(*arguments, **named)

    server.stop = stop_deaf


def overlook_calls(listening: Any) -> bool:
    """Whether the kernel takes no new connection for the socket from now on; those that it has stay. Nothing
    changes where it cannot (macOS, gVisor)."""
    if sys.platform != "linux" or listening.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    program = array.array("B", b"".join(struct.pack("HBBI", *line) for line in NO_SYN))
    try:
        listening.setsockopt(
            socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("HP", len(NO_SYN), program.buffer_info()[0])
        )
    except OSError:
        return False
    return True


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
    ends = time.monotonic() + UNDER_WAY_SECONDS
    while waiting.poll(max(0, int(1000 * (ends - time.monotonic())))):
        worker.accept(listener)
    listener.close()
