"""When this machine started: what was written before that may have been lost in a power cut."""

import time
from functools import cache

__all__ = ["boot_seconds"]


@cache
def boot_seconds() -> float:
    """The start of the machine in seconds since 1970; rather too late than too early where it is unknown.

    Linux counts sleep in CLOCK_BOOTTIME. Elsewhere the monotonic clock may stand still in sleep, which only
    makes the answer later: more is verified again than needed.
    """
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    running = time.clock_gettime(clock) if clock is not None else time.monotonic()
    return time.time() - running
