"""Platforms whose programs this machine can start itself."""

import platform as host
import sys

from okamochi.errors import UsageError
from okamochi.oci.platform import Platform

__all__ = ["native_platforms"]


def native_platforms() -> tuple[Platform, ...]:
    """Its own, on Linux; none on other systems, and none on machines that no images are built for.

    Emulation (binfmt_misc) is not counted: it may be there, and is slower than what is done without it.
    """
    if sys.platform != "linux":
        return ()
    try:
        return (Platform.of_machine(host.machine()),)
    except UsageError:
        return ()
