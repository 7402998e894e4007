"""Writes what findings mend: each file once, whole or not at all."""

from collections.abc import Iterable

from okamochi.audit.rule import Edit

__all__ = ["edited"]


def edited(text: str, edits: Iterable[Edit]) -> tuple[str, tuple[Edit, ...]]:
    """The text with all edits that do not touch the lines of an earlier one, and those that were left."""
    lines = text.split("\n")
    taken: list[Edit] = []
    left: list[Edit] = []
    for one in sorted(dict.fromkeys(edits), key=lambda edit: (edit.first, edit.last)):
        clashes = any(overlaps(one, other) for other in taken)
        (left if clashes or not 1 <= one.first <= len(lines) + 1 else taken).append(one)
    for one in reversed(taken):
        lines[one.first - 1 : one.last] = one.text.split("\n") if one.text else []
    return "\n".join(lines), tuple(left)


def overlaps(one: Edit, other: Edit) -> bool:
    """Two insertions at one place clash as well: their order would be met and not decided."""
    return one.first <= max(other.last, other.first) and other.first <= max(one.last, one.first)
