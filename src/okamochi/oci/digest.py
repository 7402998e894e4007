"""Content addresses (image-spec, descriptor.md#digests)."""

import hashlib
from pathlib import Path
from typing import BinaryIO

import msgspec

from okamochi.errors import BuildError
from okamochi.system.patterns import regex

__all__ = ["Digest"]

SHA256 = regex(r"sha256:[0-9a-f]{64}")
PIECE_BYTES = 2**20


class Digest(msgspec.Struct, frozen=True, order=True):
    """`sha256:` and 64 hexadecimal digits; the only algorithm that okamochi writes and accepts."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "Digest":
        if SHA256.fullmatch(text) is None:
            raise BuildError(
                f"not a sha256 digest: {text[:80]!r}",
                hint="a digest is 'sha256:' and 64 hexadecimal digits; the file that holds it is damaged",
            )
        return cls(text)

    @classmethod
    def of(cls, content: bytes | bytearray | memoryview) -> "Digest":
        return cls("sha256:" + hashlib.sha256(content).hexdigest())

    @classmethod
    def of_stream(cls, stream: BinaryIO) -> "Digest":
        total = hashlib.sha256()
        while piece := stream.read(PIECE_BYTES):
            total.update(piece)
        return cls("sha256:" + total.hexdigest())

    @classmethod
    def of_file(cls, path: Path) -> "Digest":
        with path.open("rb") as stream:
            return cls.of_stream(stream)

    @property
    def hex(self) -> str:
        return self.text.partition(":")[2]

    def __str__(self) -> str:
        return self.text
