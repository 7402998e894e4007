"""An end for programs to which a server sends a byte from time to time: they would wait without end.

Silence is not judged: a program has a time-out for that, or waits for something else, such as a lock that
another one holds. Nor is one judged that computes.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from os import sysconf
from pathlib import Path

from okamochi.system.http_pace import FLOOR_BYTES_PER_SECOND, WINDOW_SECONDS
from okamochi.system.received_bytes import received_bytes

__all__ = ["Trickle"]

PAUSES = 15
WINDOWS = 2
IDLE = 0.1
"""Of a core: below, a program does nothing but wait."""


class Trickle:
    """While it watches, `end` is called once the program has received something, but less than the floor, in
    two windows in a row; `passed` tells. Where nobody counts, it never is."""

    def __init__(self, pid: int, end: Callable[[], None], *, window_seconds: float = WINDOW_SECONDS) -> None:
        self.pid = pid
        self.end = end
        self.window_seconds = window_seconds
        self.passed = False

    def watch(self, over: threading.Event) -> None:
        slow = 0
        while slow < WINDOWS:
            before, busy, size_bytes = received_bytes(self.pid), self._busy_seconds(), 0
            for _ in range(PAUSES):
                if over.wait(self.window_seconds / PAUSES):
                    return
                now = received_bytes(self.pid)
                size_bytes += sum(max(0, size - before.get(inode, 0)) for inode, size in now.items())
                before = now
            idle = self._busy_seconds() - busy < IDLE * self.window_seconds
            trickles = 0 < size_bytes < FLOOR_BYTES_PER_SECOND * self.window_seconds
            slow = slow + 1 if trickles and idle else 0
        self.passed = True
        self.end()

    def _busy_seconds(self) -> float:
        with suppress(OSError, ValueError, IndexError):
            fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / sysconf("SC_CLK_TCK")
        return 0
