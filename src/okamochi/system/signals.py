"""Ctrl-C, SIGTERM and a terminal that goes away (SIGHUP), taken alike: what was begun is cleaned up on the
way out, and the programs that run for us end first, since threads wait for them and no terminal reaches
them."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from okamochi.system.programs_under_way import UNDER_WAY

__all__ = ["Terminated", "terminable", "undisturbed"]


class Terminated(KeyboardInterrupt):
    """Somebody sent SIGTERM, or the terminal was closed."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(number.name)
        self.number = number


HANDLED = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@contextmanager
def terminable() -> Iterator[None]:
    """While entered, SIGTERM and SIGHUP raise Terminated and SIGINT KeyboardInterrupt, unless they are
    ignored (nohup); nothing changes in other threads than the main one."""
    before = {number: signal.getsignal(number) for number in HANDLED}
    try:
        for number in HANDLED:
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, interrupt if number == signal.SIGINT else terminate)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous or signal.SIG_DFL)


class Waiting:
    """The signal that came while the main thread was not to be disturbed: the first one counts."""

    def __init__(self) -> None:
        self.depth = 0
        self.number: int | None = None


WAITING = Waiting()


@contextmanager
def undisturbed() -> Iterator[None]:
    """While entered, what `terminable` handles waits; nothing changes in other threads than the main one,
    which alone hears of signals. For a moment only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    WAITING.depth += 1
    try:
        yield
    finally:
        WAITING.depth -= 1
        number = None if WAITING.depth else WAITING.number
        if number is not None:
            WAITING.number = None
            (interrupt if number == signal.SIGINT else terminate)(number, None)


def waits(number: int) -> bool:
    if WAITING.depth and WAITING.number is None:
        WAITING.number = number
    return bool(WAITING.depth)


def terminate(number: int, frame: object) -> None:
    if not waits(number):
        UNDER_WAY.end()
        raise Terminated(signal.Signals(number))


def interrupt(number: int, frame: object) -> None:
    if not waits(number):
        UNDER_WAY.end()
        raise KeyboardInterrupt
