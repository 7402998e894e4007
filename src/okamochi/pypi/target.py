"""What wheels must fit: the image's Python, platform and C library."""

import msgspec

from okamochi.oci.platform import Platform
from okamochi.pypi.uv_program import target_arguments
from okamochi.pypi.wheel_tags import most_specific_tag, rank

__all__ = ["Target"]


class Target(msgspec.Struct, frozen=True):
    """`title` is its most specific wheel tag; `arguments` are uv's words for it."""

    python_version: str
    platform: Platform
    glibc_version: str

    @property
    def arguments(self) -> tuple[str, ...]:
        return target_arguments(self.python_version, self.platform, self.glibc_version)

    @property
    def title(self) -> str:
        return most_specific_tag(self.python_version, self.platform, self.glibc_version)

    def rank(self, filename: str) -> int | None:
        """How well a wheel's file name fits, lower is better; None when it does not."""
        return rank(
            filename,
            python_version=self.python_version,
            platform=self.platform,
            glibc_version=self.glibc_version,
        )
