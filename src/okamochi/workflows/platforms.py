"""The platform an image is built for."""

import platform as host

from okamochi.oci.platform import Platform

__all__ = ["chosen_platform", "host_platform"]


def chosen_platform(text: str | None) -> Platform:
    """What was asked for, else the machine's own. UsageError when it is none that images are built for."""
    return Platform.parse(text) if text else host_platform()


def host_platform() -> Platform:
    return Platform.of_machine(host.machine())
