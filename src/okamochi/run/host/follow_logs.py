"""Several logs on the terminal as they grow, each line with its process before it, as Compose shows them.

Run as a program of its own (python -I -S follow_logs.py LINES NAME=PATH ...) until it is told to end;
standard library only. A log that is moved away when it is large is read to its end, and then the new one.
"""

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

PAUSE_SECONDS = 0.2
LONGEST_LINE = 65536


class Followed:
    """One log; `path` need not be there yet."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.stream = path.open("rb") if path.exists() else None

    def last(self, lines: int) -> Iterator[bytes]:
        """Its end so far."""
        yield from deque(self.stream or (), maxlen=lines)

    def more(self) -> Iterator[bytes]:
        """What has come since; half a line waits for its other half."""
        if self.stream is None or self._moved():
            yield from self._rest()
            self.stream = self.path.open("rb") if self.path.exists() else None
        yield from self._rest()

    def _moved(self) -> bool:
        assert self.stream is not None
        try:
            return not os.path.samestat(os.fstat(self.stream.fileno()), self.path.stat())
        except FileNotFoundError:
            return False

    def _rest(self) -> Iterator[bytes]:
        while self.stream is not None:
            place = self.stream.tell()
            line = self.stream.readline(LONGEST_LINE)
            if not line.endswith(b"\n") and len(line) < LONGEST_LINE:
                self.stream.seek(place)
                return
            yield line


def show(name: str, lines: Iterator[bytes]) -> None:
    for line in lines:
        sys.stdout.buffer.write(f"{name}  | ".encode() + line.rstrip(b"\n") + b"\n")
    sys.stdout.buffer.flush()


def main(lines: int, named: list[str]) -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    logs = [Followed(name, Path(path)) for name, _, path in (one.partition("=") for one in named)]
    for log in logs:
        show(log.name, log.last(lines))
    while True:
        for log in logs:
            show(log.name, log.more())
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
