"""The three files that every program begins with, also where whoever started it closed them."""

import os
import sys

__all__ = ["open_standard_streams"]


def open_standard_streams() -> None:
    """Opens /dev/null in the place of those that are closed (`2>&-`, some supervisors): the next file that is
    opened, such as one of the cache, would get its number, and a child's messages would land in that file."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one
            os.set_inheritable(number, True)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
