"""Platforms (image-spec, image-index.md) and what they are called elsewhere."""

import msgspec

from okamochi.errors import UsageError
from okamochi.system.patterns import regex

__all__ = ["LINUX_AMD64", "LINUX_ARM64", "Platform"]

DEBIAN_NAMES = {"amd64": "amd64", "arm64": "arm64"}
MACHINE_NAMES = {"amd64": "x86_64", "arm64": "aarch64"}
LOADERS = {"amd64": "lib64/ld-linux-x86-64.so.2", "arm64": "lib/ld-linux-aarch64.so.1"}
PLATFORM = regex(r"([a-z0-9]+)/([a-z0-9]+)(?:/v8)?")


class Platform(msgspec.Struct, frozen=True, order=True):
    """Operating system and architecture in Go's words: linux/amd64, linux/arm64."""

    os: str
    architecture: str

    @classmethod
    def parse(cls, text: str) -> "Platform":
        found = PLATFORM.fullmatch(text.strip())
        if found is None or found[1] != "linux" or found[2] not in MACHINE_NAMES:
            raise UsageError(
                f"okamochi builds no images for {text!r}",
                where="--platform",
                hint="use linux/amd64 or linux/arm64",
            )
        return cls(found[1], found[2])

    @classmethod
    def of_machine(cls, machine: str) -> "Platform":
        """From `uname -m` of the host: x86_64, aarch64, arm64 (macOS)."""
        names = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
        if machine.lower() not in names:
            raise UsageError(
                f"this machine ({machine}) is not one that okamochi builds for by itself",
                where="uname -m",
                hint="choose the image's platform with --platform linux/amd64 or linux/arm64",
            )
        return cls("linux", names[machine.lower()])

    @property
    def debian_architecture(self) -> str:
        return DEBIAN_NAMES[self.architecture]

    @property
    def machine(self) -> str:
        """As in `uname -m` and wheel tags: x86_64, aarch64."""
        return MACHINE_NAMES[self.architecture]

    @property
    def multiarch(self) -> str:
        """Debian's library folder: x86_64-linux-gnu."""
        return f"{self.machine}-linux-gnu"

    @property
    def loader(self) -> str:
        """Path of the dynamic loader as programs name it, relative to the root."""
        return LOADERS[self.architecture]

    def __str__(self) -> str:
        return f"{self.os}/{self.architecture}"


LINUX_AMD64 = Platform("linux", "amd64")
LINUX_ARM64 = Platform("linux", "arm64")
