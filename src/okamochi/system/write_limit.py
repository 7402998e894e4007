"""An end for programs that write without end: what unpacks strangers' archives could fill the disk."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

__all__ = ["WriteLimit", "held_below", "written_by"]

PAUSE_SECONDS = 0.1
# how much of the time may go into looking, where there are many files
MOST_SHARE = 10
# an empty file takes room, too
ENTRY_BYTES = 4096


class WriteLimit:
    """While it watches, `end` is called once `written` is more than `limit_bytes`; `passed` tells."""

    def __init__(self, written: Callable[[], int], limit_bytes: int, end: Callable[[], None]) -> None:
        self.written = written
        self.limit_bytes = limit_bytes
        self.end = end
        self.passed = False

    def watch(self, over: threading.Event) -> None:
        from time import monotonic

        pause_seconds = PAUSE_SECONDS
        while not over.wait(pause_seconds):
            begun = monotonic()
            if self.written() > self.limit_bytes:
                self.passed = True
                self.end()
                return
            pause_seconds = max(PAUSE_SECONDS, MOST_SHARE * (monotonic() - begun))


def written_by(pid: int) -> int:
    """What the process has written, to files and pipes together. Linux counts (proc(5), /proc/PID/io);
    elsewhere it is 0."""
    with suppress(OSError, ValueError, IndexError):
        lines = Path(f"/proc/{pid}/io").read_text("ascii").splitlines()
        return int(next(line for line in lines if line.startswith("wchar:")).split()[1])
    return 0


def held_below(folders: tuple[Path, ...]) -> int:
    """What the files below take on the disk; some may come and go meanwhile."""
    total = 0
    waiting = [os.fspath(one) for one in folders]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                total += ENTRY_BYTES
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
