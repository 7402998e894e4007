"""SIGTERM, taken as Ctrl-C is: what was begun is cleaned up on the way out."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Terminated", "terminable"]


class Terminated(KeyboardInterrupt):
    """Somebody sent SIGTERM."""


@contextmanager
def terminable() -> Iterator[None]:
    """While entered, SIGTERM raises Terminated, unless it is ignored; nothing changes in other threads than
    the main one."""
    try:
        before = signal.getsignal(signal.SIGTERM)
        if before is not signal.SIG_IGN:
            signal.signal(signal.SIGTERM, terminate)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def terminate(number: int, frame: object) -> None:
    raise Terminated
