"""The three files that every program begins with, also where whoever started it closed them."""

import io
import os
import re
import sys
from contextlib import suppress
from typing import IO, TextIO, cast

from okamochi.system.patterns import regex

__all__ = ["harmless", "open_standard_streams", "to_draw_on"]

# Colours and weights pass; all else that a terminal obeys does not: it could set titles and the clipboard,
# wipe out lines, turn the order of letters round, or make the terminal type an answer into the shell.
OBEYED = regex(r"(\x1b\[[0-9;]{0,20}m)|[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str) -> str:
    """Names, messages and logs of strangers for a terminal: what it would obey is shown as JSON writes it."""
    if text.replace("\n", "").isprintable():
        return text
    return OBEYED.sub(shown_or_kept, text)


def shown_or_kept(found: re.Match[str]) -> str:
    return found[1] or f"\\u{ord(found[0]):04x}"


class Harmless(io.TextIOWrapper):
    def write(self, text: str, /) -> int:
        super().write(harmless(text))
        return len(text)

    def draw(self, text: str, /) -> int:
        return super().write(text)


class ForPeople(Harmless):
    """stderr is for people, who may be gone (a closed terminal, `2>&1 | head`, a full disk): what cannot be
    written there is lost, and changes neither the answer nor the exit code."""

    def write(self, text: str, /) -> int:
        with suppress(OSError):
            return super().write(text)
        return len(text)

    def draw(self, text: str, /) -> int:
        with suppress(OSError):
            return super().draw(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


class Drawn:
    """A stream for who moves the cursor, and answers for what is written."""

    def __init__(self, stream: Harmless) -> None:
        self._stream = stream
        self.write = stream.draw

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def to_draw_on(stream: TextIO) -> IO[str]:
    return cast("IO[str]", Drawn(stream)) if isinstance(stream, Harmless) else stream


def open_standard_streams() -> None:
    """Opens /dev/null in the place of those that are closed (`2>&-`, some supervisors): the next file that is
    opened, such as one of the cache, would get its number, and a child's messages would land in that file.
    stderr forgives from now on."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one
            os.set_inheritable(number, True)
    if sys.stdout is None:
        sys.stdout = Harmless(open(1, "wb", closefd=False), encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = ForPeople(open(2, "wb", closefd=False), encoding="utf-8")  # noqa: SIM115
    sys.stdout, sys.stderr = opened_as(Harmless, sys.stdout), opened_as(ForPeople, sys.stderr)


def opened_as(kind: type[Harmless], like: TextIO) -> TextIO:
    if not isinstance(like, io.TextIOWrapper) or isinstance(like, Harmless):
        return like
    return kind(
        like.buffer,
        encoding=like.encoding,
        errors=like.errors,
        line_buffering=like.line_buffering,
        write_through=like.write_through,
    )
