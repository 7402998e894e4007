"""What planning saw of a project: files as they are, and of most modules only their gist."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from okamochi.detect.source.gist import SIZE_LIMIT_BYTES, gist_of, python_text

if TYPE_CHECKING:
    from okamochi.system.project_files import ProjectFiles

__all__ = ["Seen", "present_gist"]

NOTHING: Mapping[str, str] = {}


class Seen(msgspec.Struct, frozen=True):
    """`read` are all paths that planning read or looked for; `gists` has the digests of the gists of those of
    which it saw no more than that (see okamochi.detect.source.gist)."""

    read: frozenset[str] = frozenset()
    gists: Mapping[str, str] = NOTHING

    @classmethod
    def of(cls, whole: Iterable[str], gists: Mapping[str, str]) -> "Seen":
        """Of files that were read as they are, and of gists."""
        as_they_are = frozenset(whole)
        only = {path: digest for path, digest in gists.items() if path not in as_they_are}
        return cls(as_they_are | gists.keys(), only)

    @property
    def whole(self) -> frozenset[str]:
        return self.read - self.gists.keys()

    def __or__(self, other: "Seen") -> "Seen":
        return Seen.of(self.whole | other.whole, {**self.gists, **other.gists})


def present_gist(project: "ProjectFiles", path: str) -> str | None:
    """What planning would see of a module now; None when it cannot be read."""
    content = project.read_bytes(path, limit_bytes=SIZE_LIMIT_BYTES)
    return None if content is None else gist_of(python_text(content))
