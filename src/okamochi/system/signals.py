"""Ctrl-C, SIGTERM and a terminal that goes away (SIGHUP), taken alike: what was begun is cleaned up on the
way out, and the programs that run for us end first, since threads wait for them and no terminal reaches
them."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from okamochi.system.programs_under_way import UNDER_WAY

__all__ = ["Terminated", "terminable"]


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


def terminate(number: int, frame: object) -> None:
    UNDER_WAY.end()
    raise Terminated(signal.Signals(number))


def interrupt(number: int, frame: object) -> None:
    UNDER_WAY.end()
    raise KeyboardInterrupt
