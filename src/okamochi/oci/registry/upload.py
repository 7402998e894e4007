"""One blob to a registry: in one piece, and when that is cut, the rest of it; in chunks where it must be."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from okamochi.errors import BuildError, RegistryError
from okamochi.oci.descriptor import Descriptor
from okamochi.oci.registry.errors import Refused
from okamochi.oci.registry.repository import Repository
from okamochi.system.http_interrupted import Interrupted

__all__ = ["BlobSource", "upload_blob"]

# Up to this size the bytes go with the request that ends the upload, which saves one.
SMALL_BYTES = 2 * 2**20
CHUNK_BYTES = 8 * 2**20
TOO_LARGE = 413
FORGOTTEN = frozenset({"BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID", "SIZE_INVALID"})
MOST_STARTS = 4


@dataclass(frozen=True)
class BlobSource:
    """A blob that is here; `open` gives its bytes from the start, each time."""

    descriptor: Descriptor
    open: Callable[[], BinaryIO]


def upload_blob(repository: Repository, source: BlobSource) -> int:
    """The bytes that were sent. RegistryError; BuildError when the blob here is damaged."""
    upload = Upload(repository, source)
    with source.open() as stream:
        upload.stream = CheckedStream(stream, source.descriptor)
        repository.connection.tried(
            upload.go_on,
            where=f"{repository.name}@{source.descriptor.digest}",
            progress=lambda: upload.offset,
        )
    return upload.stream.sent_bytes


@dataclass
class Upload:
    """`place` is where it goes on, "" before it has begun; `offset` is how much the registry has."""

    repository: Repository
    source: BlobSource
    place: str = ""
    offset: int = 0
    chunk_bytes: int = 0
    starts: int = 0
    finished: bool = False
    stream: "CheckedStream" = field(init=False)

    def go_on(self) -> None:
        """To the end. Interrupted when it may be called again."""
        size_bytes = self.source.descriptor.size_bytes
        try:
            self._find_place()
            if self.finished:
                return
            if size_bytes - self.offset <= SMALL_BYTES and self.offset == 0:
                body = self.stream.whole()
                self.repository.finish_upload(self.place, self.source.descriptor.digest, body)
                return
            while self.offset < size_bytes:
                self._send_piece(size_bytes)
            self.repository.finish_upload(self.place, self.source.descriptor.digest)
        except Refused as refused:
            self._start_over(refused)
            raise Interrupted(refused.message, hint=refused.hint) from refused

    def _find_place(self) -> None:
        if not self.place:
            self.starts += 1
            self.place, least = self.repository.start_upload()
            self.offset = 0
            self.chunk_bytes = max(self.chunk_bytes, least) if self.chunk_bytes else 0
            return
        # a try was cut: has it arrived nevertheless, and if not, how much of it?
        if self.repository.has_blob(self.source.descriptor):
            self.finished = True
            return
        self.place, self.offset = self.repository.upload_state(self.place)
        if self.offset > self.source.descriptor.size_bytes or self.offset > self.stream.seen_bytes:
            raise RegistryError(
                f"the registry says that it has {self.offset:,} bytes, which is more than was sent",
                where=f"{self.repository.name}@{self.source.descriptor.digest}",
                hint="try again",
            )

    def _send_piece(self, size_bytes: int) -> None:
        length = size_bytes - self.offset
        if self.chunk_bytes:
            length = min(length, self.chunk_bytes)
        start = self.offset
        self.place = self.repository.patch_upload(
            self.place,
            lambda: cast(BinaryIO, self.stream.piece(start, length)),
            start=start,
            size_bytes=length,
            chunked=bool(self.chunk_bytes or start),
        )
        self.offset = start + length

    def _start_over(self, refused: Refused) -> None:
        """Anew when the registry forgot the upload, in chunks when something on the way wants it smaller;
        else the refusal is final."""
        smaller = refused.status == TOO_LARGE and self.chunk_bytes == 0
        if not (smaller or refused.code in FORGOTTEN or (self.place and refused.status in (404, 416))):
            raise refused
        if self.starts >= MOST_STARTS:
            raise refused
        if smaller:
            self.chunk_bytes = CHUNK_BYTES
        self.place, self.offset = "", 0


class CheckedStream:
    """The blob's file, digested while it is sent, whatever pieces it is sent in."""

    def __init__(self, stream: BinaryIO, descriptor: Descriptor) -> None:
        self.stream = stream
        self.descriptor = descriptor
        self.sha256 = hashlib.sha256()
        self.seen_bytes = 0
        self.sent_bytes = 0

    def whole(self) -> bytes:
        return self.piece(0, self.descriptor.size_bytes).read()

    def piece(self, start: int, length: int) -> "Piece":
        self.stream.seek(start)
        return Piece(self, start, length)

    def take(self, place: int, content: bytes) -> None:
        """BuildError at the last byte when all of them are not what the descriptor says: then the registry
        has not got enough to store them."""
        if place + len(content) > self.seen_bytes:
            self.sha256.update(content[self.seen_bytes - place :])
            self.seen_bytes = place + len(content)
        if (
            self.seen_bytes == self.descriptor.size_bytes
            and self.sha256.hexdigest() != self.descriptor.digest.hex
        ):
            raise self.damaged("its digest differs")
        self.sent_bytes += len(content)

    def damaged(self, reason: str) -> BuildError:
        return BuildError(
            f"a layer is damaged: {reason}",
            where=str(self.descriptor.digest),
            hint="remove it (okamochi cache clear) and build again",
        )


class Piece:
    """Some bytes of it, to be read once."""

    def __init__(self, stream: CheckedStream, start: int, length: int) -> None:
        self.stream = stream
        self.place = start
        self.left = length

    def read(self, size: int = -1) -> bytes:
        wanted = self.left if size < 0 else min(size, self.left)
        content = self.stream.stream.read(wanted) if wanted else b""
        if len(content) < wanted:
            raise self.stream.damaged("it is too short")
        if content:
            self.stream.take(self.place, content)
        self.place += len(content)
        self.left -= len(content)
        return content
