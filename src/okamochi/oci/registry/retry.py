"""Another try after a failure that may pass: with growing pauses, and not in step with everybody else."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from okamochi.errors import TransientRegistryError, UnreachableRegistryError
from okamochi.system.http_interrupted import Interrupted, TooSlow

__all__ = ["Retry"]

Answer = TypeVar("Answer")
FIRST_PAUSE_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0


def none_yet() -> int:
    return 0


@dataclass(frozen=True)
class Retry:
    """`tries` count those without any progress. `chance` gives numbers from 0 to 1."""

    tries: int = 5
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def run(
        self, once: Callable[[], Answer], *, where: str, progress: Callable[[], int] = none_yet
    ) -> Answer:
        """TransientRegistryError when the last try failed too, or the server wants to be left alone for more
        than a minute. `progress` counts the bytes that arrived."""
        fruitless = 0
        while True:
            before = progress()
            try:
                return once()
            except Interrupted as error:
                last = error
            gained = progress() > before and not isinstance(last, TooSlow)
            fruitless = 1 if gained else fruitless + 1
            if fruitless >= self.tries or last.wait_seconds > LONGEST_WAIT_SECONDS:
                raise given_up(last, where)
            self.sleep(self.pause_seconds(last, fruitless))

    def pause_seconds(self, last: Interrupted, fruitless: int) -> float:
        if last.wait_seconds:
            return last.wait_seconds * (1 + 0.1 * self.chance())
        return FIRST_PAUSE_SECONDS * 2.0 ** (fruitless - 1) * (0.5 + self.chance())


def given_up(last: Interrupted, where: str) -> TransientRegistryError:
    wait = f"; it asks to wait {last.wait_seconds:.0f} seconds" if last.wait_seconds else ""
    kind = UnreachableRegistryError if last.unreached else TransientRegistryError
    return kind(
        f"{last.reason}{wait}",
        where=where,
        hint=last.hint or "try again later; what arrived is not sent again",
    )
