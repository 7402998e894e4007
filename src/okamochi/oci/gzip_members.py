"""Gzip as a row of members (RFC 1952, 2.2), each compressed by itself: in parallel, and joined by appending.

The compressor is libdeflate, whose bytes depend on its version but not on the processor (docs/adr/0002).
"""

import functools
import hashlib
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from okamochi.errors import BuildError

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = [
    "DEFAULT_LEVEL",
    "MEMBER_BYTES",
    "compress",
    "compressed_members",
    "compressor",
    "inflate_member",
    "inflate_stream",
]

DEFAULT_LEVEL = 5

MEMBER_BYTES = 2 * 2**20
"""Of tar in one member: bounds memory and lets threads share one layer; the ratio suffers by 0.1 %."""

READ_BYTES = 2**16
"""At once: what is left of it behind each member is copied, which a row of tiny members would make slow."""


class Pool(Protocol):
    """Threads that compress; an Executor is one."""

    def submit(self, work: Callable[[bytes, int], bytes], /, *arguments: Any) -> "Future[bytes]": ...


def compress(content: bytes, level: int) -> bytes:
    """One gzip member without name and time. Releases the GIL."""
    import deflate

    return bytes(deflate.gzip_compress(content, level))


@functools.cache
def compressor() -> str:
    """Name, version and fingerprint of the compressor: part of every cache key over compressed bytes.

    The fingerprint is taken from what it does, because a distributor may link another libdeflate.
    """
    import deflate

    sample = b"".join(
        b"%d:%s;" % (n, hashlib.sha256(b"%d" % (n % 97)).digest()[: n % 29]) for n in range(500)
    )
    fingerprint = hashlib.sha256(b"".join(compress(sample, level) for level in (1, DEFAULT_LEVEL, 10)))
    return f"deflate {deflate.__version__} {fingerprint.hexdigest()[:12]}"


def compressed_members(
    chunks: Iterable[bytes], *, level: int, pool: Pool, ahead: int = 4
) -> Generator[tuple[bytes, bytes], None, None]:
    """(chunk, its member) in order, while at most `ahead` further chunks are being compressed. A single one
    is compressed here: for it no thread need start."""
    chunks = iter(chunks)
    first, second = next(chunks, None), next(chunks, None)
    if first is None:
        return
    if second is None:
        yield first, compress(first, level)
        return
    waiting: deque[tuple[bytes, Future[bytes]]] = deque()
    try:
        for chunk in chain((first, second), chunks):
            waiting.append((chunk, pool.submit(compress, chunk, level)))
            if len(waiting) > ahead:
                done, member = waiting.popleft()
                yield done, member.result()
        while waiting:
            done, member = waiting.popleft()
            yield done, member.result()
    finally:
        for _, member in waiting:
            member.cancel()


def inflate_member(member: bytes, size_bytes: int) -> bytes:
    """The content of one whole member whose uncompressed size is known. Releases the GIL."""
    import deflate

    try:
        return bytes(deflate.gzip_decompress(member, size_bytes))
    except deflate.DeflateError as error:
        raise damaged(str(error)) from error


def inflate_stream(stream: BinaryIO) -> Iterator[bytes]:
    """The content of all members, in pieces of bounded size; from any compressor, checked by its CRC."""
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    begun = False
    held = b""
    while held or (held := stream.read(READ_BYTES)):
        begun = True
        try:
            yield inflater.decompress(held, READ_BYTES)
        except zlib.error as error:
            raise damaged(str(error)) from error
        held = inflater.unconsumed_tail
        if inflater.eof:
            held, inflater, begun = inflater.unused_data, zlib.decompressobj(zlib.MAX_WBITS | 16), False
    if begun:
        yield from rest_of(inflater)


def rest_of(inflater: "zlib._Decompress") -> Iterator[bytes]:
    yield inflater.flush()
    if not inflater.eof:
        raise damaged("it ends in the middle of a member")


def damaged(reason: str) -> BuildError:
    return BuildError(
        f"damaged gzip data: {reason}",
        hint="the blob is damaged; remove it (okamochi cache clear) and build again",
    )
