"""How many workers, from the size of the first one: it boots alone, is measured, then the others follow.

Later the container's use of memory is watched: before the kernel would kill somebody in the middle of a
request, one worker is ended in peace.
"""

from __future__ import annotations

import os
import time
from typing import Any

STEADY = 0.05  # a worker that still grows by more than this share is not yet measured
PATIENCE_SECONDS = 10.0
LOOKS_SECONDS = 2.0
CALM_SECONDS = 30.0
FULL_SHARE = 0.92
MEASURED = "OKAMOCHI_WORKER_BYTES"


def overruled(arguments: list[str], environ: Any) -> bool:
    """Whether gunicorn's own command line or GUNICORN_CMD_ARGS sets the number."""
    words = [*arguments, *environ.get("GUNICORN_CMD_ARGS", "").split()]
    return any(word.startswith("--workers") or (word[:2] == "-w" and word[2:3] != "-") for word in words)


def first_alone(server: Any, booted: Any, seconds: float, clock: Any = time.monotonic) -> None:
    """The first worker boots alone: an app that makes its tables while it is imported would otherwise do so
    in several processes at once, and fail in all but one. The others follow when it has loaded the app, or
    after so many seconds; the master hears of signals meanwhile."""
    wanted, ends = server.num_workers, clock() + seconds
    if wanted <= 1:
        return
    server.num_workers = 1

    def look() -> None:
        nonlocal wanted
        if wanted and (booted() or clock() > ends):
            if server.num_workers == 1:  # else somebody sent SIGTTIN meanwhile
                server.num_workers = wanted
            wanted = 0

    each_time(server, look)


def each_time(server: Any, look: Any) -> None:
    """Before the master, once a second, looks after its workers."""
    manage = server.manage_workers

    def manage_workers() -> None:
        look()
        manage()

    server.manage_workers = manage_workers


class WorkerCount:
    """`booted` tells whether the first worker has loaded the app. `sizing` is the kit's module."""

    def __init__(self, sizing: Any, limits: Any, booted: Any, clock: Any = time.monotonic) -> None:
        self.sizing, self.limits, self.booted, self.clock = sizing, limits, booted, clock
        self.decided = False
        self.size = 0
        self.first_seen = 0.0
        self.next_look = 0.0

    def attend(self, server: Any) -> None:
        """Has a look each time that the master looks after its workers."""
        each_time(server, lambda: self.look(server))

    def look(self, server: Any) -> None:
        if not self.decided:
            self.measure(server)
        elif self.limits.memory_bytes and self.clock() >= self.next_look:
            self.watch(server)

    def measure(self, server: Any) -> None:
        first = next(iter(server.WORKERS), 0)
        if not first or not self.booted():
            return
        now, size = self.clock(), self.sizing.memory_of(first)
        self.first_seen = self.first_seen or now
        steady = self.size and size <= self.size * (1 + STEADY)
        self.size = max(size, self.size)
        if not size or steady or now - self.first_seen > PATIENCE_SECONDS:
            self.decide(server)

    def decide(self, server: Any) -> None:
        self.decided = True
        if server.num_workers != 1:
            return  # somebody sent SIGTTIN meanwhile
        served = self.sizing.served_size(self.size)
        count = self.sizing.workers_that_fit(self.limits, served, self.sizing.memory_of(os.getpid()))
        if self.size:
            os.environ[MEASURED] = str(self.size)  # for gunicorn's reload, which reads the settings again
        server.num_workers = count
        mebibytes = self.size // self.sizing.MEBIBYTE
        server.log.info(
            "okamochi: %d workers; the first one takes %d MiB (%s; set WEB_CONCURRENCY to overrule)",
            count,
            mebibytes,
            self.sizing.reasons(self.limits, served),
        )

    def watch(self, server: Any) -> None:
        self.next_look = self.clock() + LOOKS_SECONDS
        used, most = self.sizing.memory_in_use(self.limits), self.limits.memory_bytes
        if used < most * FULL_SHARE or server.num_workers <= 1:
            return
        server.num_workers -= 1
        self.next_look = self.clock() + CALM_SECONDS
        server.log.warning(
            "okamochi: %d of %d MiB are in use: one worker less, %d now",
            used // self.sizing.MEBIBYTE,
            most // self.sizing.MEBIBYTE,
            server.num_workers,
        )
