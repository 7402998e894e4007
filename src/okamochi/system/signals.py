"""Ctrl-C and SIGTERM, taken alike: what was begun is cleaned up on the way out, and the programs that run for
us end first, since threads wait for them."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from okamochi.system.programs_under_way import UNDER_WAY

__all__ = ["Terminated", "terminable"]


class Terminated(KeyboardInterrupt):
    """Somebody sent SIGTERM."""


@contextmanager
def terminable() -> Iterator[None]:
    """While entered, SIGTERM raises Terminated and SIGINT KeyboardInterrupt, unless they are ignored; nothing
    changes in other threads than the main one."""
    handlers: tuple[tuple[int, Callable[[int, object], None]], ...] = (
        (signal.SIGTERM, terminate),
        (signal.SIGINT, interrupt),
    )
    before = {number: signal.getsignal(number) for number, _ in handlers}
    try:
        for number, handler in handlers:
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, handler)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous or signal.SIG_DFL)


def terminate(number: int, frame: object) -> None:
    UNDER_WAY.end()
    raise Terminated


def interrupt(number: int, frame: object) -> None:
    UNDER_WAY.end()
    raise KeyboardInterrupt
