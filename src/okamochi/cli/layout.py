"""Long texts on a terminal: broken between words, under where they began. Elsewhere a line stays a line, for
programs that look for it."""

import shutil
import sys

__all__ = ["columns", "folded", "wants_a_line"]

FEWEST = 20
BESIDE = 60
"""Columns that a text beside what it is about wants."""


def columns() -> int:
    """Of the terminal on stdout; 0 where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def wants_a_line(indent: int, terminal: int) -> bool:
    """Whether a text that would begin `indent` columns from the left is better on lines of its own."""
    return bool(terminal) and terminal < indent + BESIDE


def folded(text: str, indent: int, width: int) -> str:
    """`text` for a place that is `indent` columns from the left: further lines begin there. Words are never
    broken. As it is where `width` is 0, or leaves no room."""
    room = width - indent
    if not width or room < FEWEST or len(text) <= room:
        return text
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return f"\n{' ' * indent}".join(lines)
