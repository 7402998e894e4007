"""Plain names: tables of them, written as one writes words, and lists that somebody reads."""

from collections.abc import Sequence

__all__ = ["counted", "shortened", "some_of", "word_set", "word_tuple"]


def word_tuple(text: str) -> tuple[str, ...]:
    """In their order."""
    return tuple(text.split())


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def counted(number: int, noun: str, plural: str = "") -> str:
    """ "1 route", "3 routes"; `plural` where it is not the noun with an s."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def some_of(names: Sequence[str], most: int) -> str:
    """The first of a list, and how many more there are: "a, b and 3 more"."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def shortened(text: str, most: int) -> str:
    """As many signs at the most; that there were more can be seen."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
