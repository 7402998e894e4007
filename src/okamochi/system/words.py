"""Tables of plain names, written as one writes words."""

__all__ = ["word_set", "word_tuple"]


def word_tuple(text: str) -> tuple[str, ...]:
    """In their order."""
    return tuple(text.split())


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())
