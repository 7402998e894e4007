"""A floor under the speed of what comes in: a server that sends a byte from time to time is never silent, and
would be waited for without end.

All downloads under way share the floor, since they share a line: of thirty-two at once, each may be as slow
as a thirty-second of it. One thousand bytes a second is a fifth of what a modem did in 1998, and the least of
dnf as well (minrate, https://dnf.readthedocs.io/en/latest/conf_ref.html); an index of Debian would take three
hours with it. Thirty seconds is how long a server may be silent, too.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from okamochi.system.http_interrupted import TooSlow

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

__all__ = ["FLOOR_BYTES_PER_SECOND", "WINDOW_SECONDS", "Deadline", "Pace", "Watch"]

FLOOR_BYTES_PER_SECOND = 1000
WINDOW_SECONDS = 30.0
PART_BYTES = 64 * 1024


class Watch:
    """What one download has brought since its window began, and with how many it shared the line at most."""

    def __init__(self, pace: "Pace") -> None:
        self.pace = pace
        self.begin()

    def begin(self) -> None:
        self.began = self.pace.clock()
        self.received_bytes = 0
        self.sharing = 1

    def add(self, size_bytes: int) -> None:
        """TooSlow when a window ends with less than its share of the floor."""
        self.received_bytes += size_bytes
        self.sharing = max(self.sharing, self.pace.under_way)
        seconds = self.pace.clock() - self.began
        if seconds < self.pace.window_seconds:
            return
        if self.received_bytes * self.sharing < self.pace.floor * seconds:
            raise TooSlow(self.received_bytes / seconds, self.pace.floor)
        self.begin()


class Pace:
    """Counts the downloads `under_way`; safe among threads."""

    def __init__(
        self,
        floor: float = FLOOR_BYTES_PER_SECOND,
        window_seconds: float = WINDOW_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self.floor = floor
        self.window_seconds = window_seconds
        self.under_way = 0
        self.counting = threading.Lock()

    @contextmanager
    def watch(self) -> Iterator[Watch]:
        with self.counting:
            self.under_way += 1
        try:
            yield Watch(self)
        finally:
            with self.counting:
                self.under_way -= 1

    def whole(self, response: "BaseHTTPResponse", limit_bytes: int) -> bytes:
        """A small body, at most `limit_bytes` of it."""
        found = bytearray()
        with self.watch() as watch:
            while len(found) < limit_bytes:
                part = response.read1(min(PART_BYTES, limit_bytes - len(found)), decode_content=False)
                if not part:
                    break
                found += part
                watch.add(len(part))
        return bytes(found)


class Deadline:
    """While entered, a connection that takes longer than `seconds` is cut: to agree on keys, or to say how it
    answers. `passed` tells."""

    def __init__(self, connection: Any, seconds: float) -> None:
        self.connection = connection
        self.timer = threading.Timer(seconds, self._cut)
        self.timer.daemon = True
        self.passed = False

    def __enter__(self) -> "Deadline":
        self.timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.timer.cancel()

    def _cut(self) -> None:
        import socket
        from contextlib import suppress

        self.passed = True
        sock = self.connection.sock
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
