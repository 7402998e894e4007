"""The platforms an image is built for."""

import platform as host

from okamochi.oci.native import native_platforms
from okamochi.oci.platform import Platform

__all__ = ["chosen_platform", "chosen_platforms"]


def chosen_platform(text: str | None) -> Platform:
    """What was asked for, else the machine's own. UsageError when it is none that images are built for."""
    return Platform.parse(text) if text else host_platform()


def chosen_platforms(text: str | None) -> tuple[Platform, ...]:
    """Several with commas between them; each once, the machine's own first, since what is proved there holds
    for the others, too."""
    if not text:
        return (host_platform(),)
    asked = dict.fromkeys(Platform.parse(part) for part in text.split(","))
    return tuple(sorted(asked, key=lambda one: (one not in native_platforms(), one)))


def host_platform() -> Platform:
    return Platform.of_machine(host.machine())
