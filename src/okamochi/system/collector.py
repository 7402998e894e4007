"""Python's collector of cyclic garbage, out of the way of work that only builds up."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collect_rarely", "uncollected"]

# Of container objects that come before the collector looks at the young ones; Python says 700.
YOUNG = 50_000


def collect_rarely() -> None:
    """For a process that ends soon."""
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])


@contextmanager
def uncollected() -> Iterator[None]:
    """For work that makes many objects and drops none, such as syntax trees: the collector would look through
    all of them again and again, a third of the time of planning two thousand modules."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
