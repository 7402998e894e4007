"""Another try after a failure that may pass: with growing pauses, and not in step with everybody else."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

import msgspec

from okamochi.system.http_interrupted import Interrupted, TooSlow

__all__ = ["Retry", "none_yet", "retry_after_seconds", "whole_number"]

Answer = TypeVar("Answer")
FIRST_PAUSE_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0
MOST_DIGITS = 20


def none_yet() -> int:
    return 0


class Retry(msgspec.Struct, frozen=True):
    """`fruitless` is how many tries without any progress, one after the other, are the last; `most` how many
    there are in all, 0 for any number. `chance` gives numbers from 0 to 1."""

    fruitless: int = 5
    most: int = 0
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def run(self, once: Callable[[], Answer], progress: Callable[[], int] = none_yet) -> Answer:
        """What `once` gives. Its last Interrupted when it is given up, or when the server wants to be left
        alone for more than a minute. `progress` counts the bytes that arrived."""
        tries = fruitless = 0
        while True:
            tries += 1
            before = progress()
            try:
                return once()
            except Interrupted as error:
                gained = progress() > before and not isinstance(error, TooSlow)
                fruitless = 1 if gained else fruitless + 1
                last = fruitless >= self.fruitless or tries == self.most
                if last or error.wait_seconds > LONGEST_WAIT_SECONDS:
                    raise
                pause_seconds = self.pause_seconds(error, fruitless)
            self.sleep(pause_seconds)

    def pause_seconds(self, error: Interrupted, fruitless: int) -> float:
        if error.wait_seconds:
            return error.wait_seconds * (1 + 0.1 * self.chance())
        return FIRST_PAUSE_SECONDS * 2.0 ** (fruitless - 1) * (0.5 + self.chance())


def whole_number(text: str) -> int | None:
    """What a header says, such as a length; None for what is no number, or longer than one ever is."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < MOST_DIGITS else None


def retry_after_seconds(text: str) -> float:
    """What the header of that name asks for: seconds or a date (RFC 9110, 10.2.3); 0 for neither."""
    import email.utils

    if (seconds := whole_number(text)) is not None:
        return float(seconds)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError):
        return 0
