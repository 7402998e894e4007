"""The programs that are running for us, so that whoever ends this process ends them, too.

Each has a process group of its own, which Ctrl-C in a terminal does not reach; and a thread that waits for
one does not notice that the main thread is interrupted.
"""

import os
import signal
import time
from contextlib import suppress

GRACE_SECONDS = 2

__all__ = ["UNDER_WAY"]


class ProgramsUnderWay:
    """Process groups by their leader's number. No lock: signal handlers come here, and one step of a set is
    one step."""

    def __init__(self) -> None:
        self._leaders: set[int] = set()
        self.refused = False

    def add(self, leader: int) -> None:
        self._leaders.add(leader)
        if self.refused:
            kill(leader, signal.SIGKILL)

    def discard(self, leader: int) -> None:
        self._leaders.discard(leader)

    def end(self, number: int = signal.SIGTERM) -> None:
        """Sends all of them a signal: the first one is a request, so that they end what they started."""
        for leader in list(self._leaders):
            kill(leader, number)

    def end_for_good(self) -> None:
        """Kills those that do not end when asked; what threads start from now on is killed at once."""
        self.refused = True
        self.end()
        late = time.monotonic() + GRACE_SECONDS
        while self._leaders and time.monotonic() < late:
            time.sleep(0.01)
        self.end(signal.SIGKILL)


def kill(leader: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


UNDER_WAY = ProgramsUnderWay()
