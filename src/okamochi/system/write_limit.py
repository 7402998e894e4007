"""An end for programs that write without end: what unpacks strangers' archives could fill the disk."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

__all__ = ["WriteLimit"]

PAUSE_SECONDS = 0.1


class WriteLimit:
    """While it watches, `end` is called once the process has written more than `limit_bytes`, to files and
    pipes together; `passed` tells. Linux counts (proc(5), /proc/PID/io); elsewhere there is no limit."""

    def __init__(self, pid: int, limit_bytes: int, end: Callable[[], None]) -> None:
        self.counter = Path(f"/proc/{pid}/io")
        self.limit_bytes = limit_bytes
        self.end = end
        self.passed = False

    def watch(self, over: threading.Event) -> None:
        while not over.wait(PAUSE_SECONDS):
            if self._written_bytes() > self.limit_bytes:
                self.passed = True
                self.end()
                return

    def _written_bytes(self) -> int:
        with suppress(OSError, ValueError, IndexError):
            lines = self.counter.read_text("ascii").splitlines()
            return int(next(line for line in lines if line.startswith("wchar:")).split()[1])
        return 0
