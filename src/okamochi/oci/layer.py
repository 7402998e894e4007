"""Layers: change sets of an image's file system (image-spec, layer.md)."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from okamochi.oci.descriptor import Descriptor
from okamochi.oci.digest import Digest

__all__ = ["OPAQUE", "WHITEOUT", "Layer"]

# Names of files that take something of the layers below away (image-spec, layer.md, "Whiteouts").
WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """A gzip-compressed tar in the file `path`. `diff_id` is the digest of the uncompressed tar.

    `comment` says what is inside ("base", "wheel: flask 3.1.3"); the image's history shows it.
    """

    descriptor: Descriptor
    diff_id: Digest
    path: Path
    comment: str = ""

    def uncompressed(self) -> Iterator[bytes]:
        """The tar, in pieces. BuildError when the blob is damaged; OSError when it is gone."""
        from okamochi.oci.gzip_members import inflate_stream

        with self.path.open("rb") as stream:
            yield from inflate_stream(stream)
