"""The three files that every program begins with, also where whoever started it closed them."""

import io
import os
import sys
from contextlib import suppress

__all__ = ["open_standard_streams"]


class ForPeople(io.TextIOWrapper):
    """stderr is for people, who may be gone (a closed terminal, `2>&1 | head`, a full disk): what cannot be
    written there is lost, and changes neither the answer nor the exit code."""

    def write(self, text: str, /) -> int:
        with suppress(OSError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


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
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = ForPeople(open(2, "wb", closefd=False), encoding="utf-8")  # noqa: SIM115
    elif isinstance(sys.stderr, io.TextIOWrapper):
        like = sys.stderr
        sys.stderr = ForPeople(
            like.buffer,
            encoding=like.encoding,
            errors=like.errors,
            line_buffering=like.line_buffering,
            write_through=like.write_through,
        )
