"""What many rules ask of the same setup is found once."""

from collections.abc import Callable
from typing import TypeVar

from okamochi.audit.setup import Setup

__all__ = ["asked_once"]

T = TypeVar("T")


def asked_once(function: Callable[[Setup], T]) -> Callable[[Setup], T]:
    """The same answer for the same setup: a setup never changes, and an audit asks all rules of one."""
    last = list[tuple[Setup, T]]()

    def answer(setup: Setup) -> T:
        if not last or last[0][0] is not setup:
            last[:] = [(setup, function(setup))]
        return last[0][1]

    return answer
