"""What wheels must fit: the image's Python, platform and C library."""

import msgspec

from okamochi.oci.platform import Platform

__all__ = ["Target"]

NEWEST_MANYLINUX = 40


class Target(msgspec.Struct, frozen=True):
    python_version: str
    platform: Platform
    glibc_version: str

    @property
    def arguments(self) -> tuple[str, ...]:
        """In uv's words. uv knows manylinux up to 2.40; a newer glibc runs all of those, and no package asks
        for more yet."""
        major, _, minor = self.glibc_version.partition(".")
        newest = min(int(minor), NEWEST_MANYLINUX) if major == "2" else NEWEST_MANYLINUX
        platform = f"{self.platform.machine}-manylinux_2_{newest}"
        return ("--python-platform", platform, "--python-version", self.python_version)

    @property
    def title(self) -> str:
        """For people, its most specific wheel tag: "cp313 manylinux_2_41_x86_64"."""
        from okamochi.pypi.wheel_tags import platforms

        newest = platforms(self.platform, self.glibc_version)[0]
        return f"cp{self.python_version.replace('.', '')} {newest}"

    def rank(self, filename: str) -> int | None:
        """How well a wheel's file name fits, lower is better; None when it does not."""
        from okamochi.pypi.wheel_tags import rank

        return rank(filename, self.python_version, self.platform, self.glibc_version)
