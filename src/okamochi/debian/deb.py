"""The .deb format (deb(5)): an ar archive with control.tar and data.tar; hostile until checked."""

import gzip
import io
import lzma
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

import msgspec

from okamochi.errors import BuildError
from okamochi.system.archive_damages import archive_damages

__all__ = ["Control", "Unxz", "open_data", "read_control"]

MAGIC = b"!<arch>\n"
HEADER_BYTES = 60
CONTROL_LIMIT_BYTES = 16_000_000
SCRIPTS = ("preinst", "postinst")
PACKED_PIECE_BYTES = CONTENT_PIECE_BYTES = 1 << 18
DAMAGED_HINT = "the package is damaged: run `okamochi cache clear` and build again"


class Control(msgspec.Struct, frozen=True):
    """`text` is the file control; `scripts` are the maintainer scripts of an installation, by name;
    `md5sums` is the file of that name, empty when there is none."""

    text: str
    scripts: tuple[tuple[str, str], ...]
    md5sums: bytes


def read_control(deb: Path) -> Control:
    with deb.open("rb") as stream:
        name, content = member(stream, "control.tar", deb.name)
        with reading(deb.name):
            text = at_most(unpacker(name, io.BytesIO(content), deb.name), CONTROL_LIMIT_BYTES + 1)
    if len(text) > CONTROL_LIMIT_BYTES:
        raise BuildError("the package's control files are too large", where=deb.name, hint=DAMAGED_HINT)
    files = dict(control_files(text, deb.name))
    scripts = ((one, files[one].decode("utf-8", "replace")) for one in SCRIPTS if one in files)
    return Control(
        text=files.get("control", b"").decode("utf-8", "replace"),
        scripts=tuple(scripts),
        md5sums=files.get("md5sums", b""),
    )


def at_most(stream: IO[bytes], size_bytes: int) -> bytes:
    """So much of it, or all: one `read` of an unpacker may bring less than there is."""
    found = bytearray()
    while len(found) < size_bytes and (piece := stream.read(size_bytes - len(found))):
        found += piece
    return bytes(found)


def control_files(content: bytes, where: str) -> Iterator[tuple[str, bytes]]:
    with reading(where), tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        for one in archive:
            stream = archive.extractfile(one) if one.isreg() else None
            if stream is not None:
                yield one.name.removeprefix("./"), stream.read()


@contextmanager
def open_data(deb: Path, where: str) -> Iterator[tarfile.TarFile]:
    """The data.tar as a stream: members have to be read in the order in which they come."""
    with deb.open("rb") as stream, reading(where):
        name, size_bytes = find_member(stream, "data.tar", where)
        packed = cast(BinaryIO, Window(stream, size_bytes))
        content = unpacker(name, packed, where)
        with tarfile.open(fileobj=content, mode="r|", bufsize=CONTENT_PIECE_BYTES) as archive:
            yield archive
        content.read(CONTENT_PIECE_BYTES)  # what comes after the tar's end tells whether it is whole


@contextmanager
def reading(where: str) -> Iterator[None]:
    try:
        yield
    except damages() as failure:
        raise BuildError(
            "the package cannot be unpacked", where=where, hint=DAMAGED_HINT, details=(str(failure),)
        ) from failure


def damages() -> tuple[type[Exception], ...]:
    """With zstandard's, which is imported only once something was raised."""
    import zstandard

    return archive_damages(zstandard.ZstdError)


class Window(io.RawIOBase):
    """The next `size_bytes` bytes of a stream, as a stream."""

    def __init__(self, stream: BinaryIO, size_bytes: int) -> None:
        self._stream = stream
        self._left = size_bytes

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(content)
        return content

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        content = self.read(len(view))
        view[: len(content)] = content
        return len(content)


class Unxz(io.RawIOBase):
    """What an xz file holds, as a stream. `lzma.open` takes it in steps of 8 KiB, and after each has to wait
    for all other threads that run Python."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._xz = lzma.LZMADecompressor(lzma.FORMAT_XZ)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = b""
        while not self._xz.eof or (piece := self._next_stream()):
            if self._xz.needs_input and not piece and not (piece := self._packed.read(PACKED_PIECE_BYTES)):
                raise EOFError("the package ends too early")
            if content := self._xz.decompress(piece, size):
                return content
            piece = b""
        return b""

    def _next_stream(self) -> bytes:
        """The beginning of the next of several streams in a row; padding of zeros may stand between them."""
        rest = self._xz.unused_data.lstrip(b"\0")
        while not rest:
            piece = self._packed.read(PACKED_PIECE_BYTES)
            if not piece:
                return b""
            rest = piece.lstrip(b"\0")
        self._xz = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        return rest


def member(stream: BinaryIO, prefix: str, where: str) -> tuple[str, bytes]:
    name, size_bytes = find_member(stream, prefix, where)
    if size_bytes > CONTROL_LIMIT_BYTES:
        raise BuildError("the package's control files are too large", where=where, hint=DAMAGED_HINT)
    return name, stream.read(size_bytes)


def find_member(stream: BinaryIO, prefix: str, where: str) -> tuple[str, int]:
    """Name and size of the first member whose name begins so; the stream then stands at its first byte."""
    stream.seek(0)
    if stream.read(len(MAGIC)) != MAGIC:
        raise BuildError("this is no Debian package", where=where, hint=DAMAGED_HINT)
    while len(header := stream.read(HEADER_BYTES)) == HEADER_BYTES:
        name = header[:16].decode("ascii", "replace").rstrip(" /")
        size = header[48:58].strip()
        if not size.isdigit() or header[58:] != b"`\n":
            break
        if name.startswith(prefix):
            return name, int(size)
        stream.seek(int(size) + int(size) % 2, io.SEEK_CUR)
    raise BuildError(f"the package has no {prefix}", where=where, hint=DAMAGED_HINT)


def unpacker(name: str, stream: BinaryIO, where: str) -> IO[bytes]:
    match name.rpartition(".tar")[2]:
        case ".xz":
            return cast(IO[bytes], Unxz(stream))
        case ".gz":
            return cast(IO[bytes], gzip.open(stream, "rb"))
        case ".zst":
            import zstandard

            return cast(IO[bytes], zstandard.ZstdDecompressor().stream_reader(stream))
        case "":
            return stream
        case other:
            raise BuildError(
                f"the package is compressed in a way that okamochi does not know: {other}",
                where=where,
                hint="a newer okamochi may know it; else use another package",
            )
