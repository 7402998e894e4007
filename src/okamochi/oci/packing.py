"""From entries to layer blobs: each part compressed once, layers joined from parts, layers in parallel.

A layer's blob is a gzip member with the directories, the members of its parts, one part after the other, and
a last member with the tar's end. So a part that is in the cache (a wheel, say) is copied, not compressed,
when its neighbours change.
"""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

import msgspec

from okamochi.errors import BuildError
from okamochi.oci.canonical_json import canonical_json
from okamochi.oci.descriptor import Descriptor
from okamochi.oci.digest import Digest
from okamochi.oci.entry import BytesContent, Entry, EntryKind, directory
from okamochi.oci.gzip_members import (
    DEFAULT_LEVEL,
    MEMBER_BYTES,
    compress,
    compressed_members,
    compressor,
    inflate_member,
)
from okamochi.oci.layer import Layer
from okamochi.oci.media_types import LAYER_GZIP
from okamochi.oci.tar_writer import END_OF_ARCHIVE, TAR_FORMAT, ordered, tar_chunks

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

__all__ = ["LayerRequest", "Part", "entries_key", "pack_layers"]

PACKING_FORMAT = "parts/1"
"""Part of every key: change it when the same parts would give other bytes."""

LAYERS = "oci-layers"
PARTS = "oci-parts"
COPY_BYTES = 2**20


class BlobCache(Protocol):
    """What packing needs of `okamochi.system.cache.Cache`."""

    def blob(self, sha256: str) -> Path | None: ...
    def put_stream(self, write: Callable[[BinaryIO], None]) -> tuple[str, int, Path]: ...
    def record(self, kind: str, key: str) -> bytes | None: ...
    def put_record(self, kind: str, key: str, content: bytes) -> None: ...
    def lock(self, name: str) -> AbstractContextManager[None]: ...


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Some entries of a layer, with a `key` that differs when they do: same key, same entries.

    `entries` is called only when the cache lacks the part; it may be called from another thread.
    """

    key: str
    entries: Callable[[], Iterable[Entry]]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Part":
        """With a key computed from the entries and their contents, which are read for it."""
        held = ordered(entries)
        return cls(key=entries_key(held), entries=lambda: held)


class LayerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Parts in the order in which they are written. They may share directories (the first one counts) and
    equal files, though the latter spoils the reuse of parts; see `ordered`.
    `level` is libdeflate's, 1 to 12."""

    parts: tuple[Part, ...]
    comment: str = ""
    level: int = DEFAULT_LEVEL


class Outline(msgspec.Struct, frozen=True):
    """Which paths a part brings: directories as (path, mode, uid, gid), the others as paths."""

    directories: tuple[tuple[str, int, int, int], ...]
    others: tuple[str, ...]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Outline":
        held = tuple(entries)
        folders = (entry for entry in held if entry.kind is EntryKind.DIRECTORY)
        return cls(
            directories=tuple((entry.path, entry.mode, entry.uid, entry.gid) for entry in folders),
            others=tuple(entry.path for entry in held if entry.kind is not EntryKind.DIRECTORY),
        )


class PackedPart(msgspec.Struct, frozen=True):
    """A part in the cache: everything but its directories, as members of a blob.

    `members` holds (compressed size, uncompressed size) of each, in order.
    """

    sha256: str
    members: tuple[tuple[int, int], ...]
    outline: Outline


def entries_key(entries: Iterable[Entry]) -> str:
    """Digest of everything about the entries that reaches a tar, contents included."""
    total = hashlib.sha256()
    for entry in entries:
        content = hash_of(entry)
        fields = (entry.path, entry.kind.value, entry.mode, entry.uid, entry.gid, entry.target, content)
        total.update(json.dumps(fields).encode() + b"\n")
    return total.hexdigest()


def hash_of(entry: Entry) -> str:
    if entry.content is None:
        return ""
    if isinstance(entry.content, BytesContent):
        return hashlib.sha256(entry.content.content).hexdigest()
    with entry.content.path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def pack_layers(
    cache: BlobCache, requests: Sequence[LayerRequest], *, epoch_seconds: int, threads: int | None = None
) -> tuple[Layer, ...]:
    """All layers, in the order of the requests; `threads` (default: one a processor) changes no byte."""
    keys = [key_of(each.level, epoch_seconds, *(part.key for part in each.parts)) for each in requests]
    found = [known_layer(cache, key, each.comment) for key, each in zip(keys, requests, strict=True)]
    missing = [place for place, layer in enumerate(found) if layer is None]
    made = new_layers(cache, [(requests[place], keys[place]) for place in missing], epoch_seconds, threads)
    fresh = dict(zip(missing, made, strict=True))
    return tuple(layer or fresh[place] for place, layer in enumerate(found))


def new_layers(
    cache: BlobCache, wanted: Sequence[tuple[LayerRequest, str]], epoch_seconds: int, threads: int | None
) -> tuple[Layer, ...]:
    """In parallel when there are several. Of one, which is what an edit makes, only the chunks are."""
    count = threads or os.cpu_count() or 1
    pool = LatePool(count)
    try:
        if len(wanted) < 2:
            return tuple(new_layer(cache, request, key, epoch_seconds, pool) for request, key in wanted)
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(count, "pack") as packers:
            packed = [
                packers.submit(new_layer, cache, request, key, epoch_seconds, pool) for request, key in wanted
            ]
            try:
                return tuple(future.result() for future in packed)
            finally:
                packers.shutdown(cancel_futures=True)
    finally:
        pool.shutdown()


class LatePool:
    """Threads that compress, started with the first piece of work: what is small needs none."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.executor: Executor | None = None
        self.starting = threading.Lock()

    def submit(self, work: "Callable[..., bytes]", *arguments: object) -> "Future[bytes]":
        with self.starting:
            if self.executor is None:
                from concurrent.futures import ThreadPoolExecutor

                self.executor = ThreadPoolExecutor(self.count, "compress")
        return self.executor.submit(work, *arguments)

    def shutdown(self) -> None:
        if self.executor is not None:
            self.executor.shutdown()


def key_of(level: int, epoch_seconds: int, *part_keys: str) -> str:
    """Covers all that decides about the bytes."""
    formats = (PACKING_FORMAT, TAR_FORMAT, MEMBER_BYTES, compressor())
    return hashlib.sha256(json.dumps((formats, level, epoch_seconds, part_keys)).encode()).hexdigest()


def known_layer(cache: BlobCache, key: str, comment: str) -> Layer | None:
    content = cache.record(LAYERS, key)
    if content is None:
        return None
    facts = json.loads(content)
    digest = Digest.parse(facts["digest"])
    path = cache.blob(digest.hex)
    if path is None:
        return None
    return layer_of(digest, facts["size"], Digest.parse(facts["diff_id"]), path, comment)


def layer_of(digest: Digest, size_bytes: int, diff_id: Digest, path: Path, comment: str) -> Layer:
    descriptor = Descriptor(media_type=LAYER_GZIP, digest=digest, size_bytes=size_bytes)
    return Layer(descriptor=descriptor, diff_id=diff_id, path=path, comment=comment)


def new_layer(
    cache: BlobCache, request: LayerRequest, key: str, epoch_seconds: int, pool: "LatePool"
) -> Layer:
    """Another platform's build of the same wheels may be at it: then that one's is taken."""
    with cache.lock(f"{LAYERS} {key}"):
        return known_layer(cache, key, request.comment) or packed_layer(
            cache, request, key, epoch_seconds, pool
        )


def packed_layer(
    cache: BlobCache, request: LayerRequest, key: str, epoch_seconds: int, pool: "LatePool"
) -> Layer:
    uncompressed = hashlib.sha256()

    def write(stream: BinaryIO) -> None:
        packer = Packer(cache, request.level, epoch_seconds, pool, uncompressed.update, stream)
        packer.write_parts(request.parts)
        packer.write_member(END_OF_ARCHIVE)

    sha256, size_bytes, path = cache.put_stream(write)
    digest, diff_id = Digest(f"sha256:{sha256}"), Digest(f"sha256:{uncompressed.hexdigest()}")
    facts = {"digest": str(digest), "size": size_bytes, "diff_id": str(diff_id)}
    cache.put_record(LAYERS, key, canonical_json(facts))
    return layer_of(digest, size_bytes, diff_id, path, request.comment)


class Packer(msgspec.Struct, frozen=True):
    """Writes one layer to `stream`; `saw` gets every byte of its tar, in order, for the diff ID."""

    cache: BlobCache
    level: int
    epoch_seconds: int
    pool: "LatePool"
    saw: Callable[[bytes], None]
    stream: BinaryIO

    def write_parts(self, parts: Sequence[Part]) -> None:
        """One part is not kept apart: the layer is its copy. Parts that share files are packed as one, which
        finds out whether the files are the same."""
        if len(parts) == 1:
            self.write_fresh(ordered(parts[0].entries()), self.stream)
            return
        found = [known_part(self.cache, self.part_key(part)) or ordered(part.entries()) for part in parts]
        outlines = [part.outline if isinstance(part, PackedPart) else Outline.of(part) for part in found]
        if overlap(outlines):
            self.write_fresh(ordered(entry for part in parts for entry in part.entries()), self.stream)
            return
        self.write_directories(outlines)
        for part, held in zip(parts, found, strict=True):
            if isinstance(held, PackedPart):
                self.copy(held)
            else:
                self.copy_new(self.new_part(part, held))

    def write_directories(self, outlines: Iterable[Outline]) -> None:
        """All directories of all parts, each once: Docker and podman refuse a layer that has a path twice."""
        entries = ordered(
            directory(path, "", mode=mode, uid=uid, gid=gid)
            for outline in outlines
            for path, mode, uid, gid in outline.directories
        )
        self.write_fresh(entries, self.stream)

    def write_fresh(self, entries: Iterable[Entry], stream: BinaryIO) -> tuple[tuple[int, int], ...]:
        """Compress into `stream`. Returns the sizes of the members (see PackedPart)."""
        chunks = tar_chunks(entries, epoch_seconds=self.epoch_seconds, chunk_bytes=MEMBER_BYTES)
        sizes: list[tuple[int, int]] = []
        with closing(compressed_members(chunks, level=self.level, pool=self.pool)) as packed:
            for chunk, member in packed:
                stream.write(member)
                self.saw(chunk)
                sizes.append((len(member), len(chunk)))
        return tuple(sizes)

    def write_member(self, content: bytes) -> None:
        self.saw(content)
        self.stream.write(compress(content, self.level))

    def new_part(self, part: Part, entries: Sequence[Entry]) -> PackedPart:
        """Compress it into the cache; its bytes are seen on the way."""
        members: list[tuple[int, int]] = []
        others = [entry for entry in entries if entry.kind is not EntryKind.DIRECTORY]
        sha256, _, _ = self.cache.put_stream(lambda stream: members.extend(self.write_fresh(others, stream)))
        packed = PackedPart(sha256, tuple(members), Outline.of(entries))
        self.cache.put_record(PARTS, self.part_key(part), msgspec.json.encode(packed))
        return packed

    def copy_new(self, packed: PackedPart) -> None:
        with blob_of(self.cache, packed).open("rb") as source:
            while piece := source.read(COPY_BYTES):  # importing shutil takes longer
                self.stream.write(piece)

    def copy(self, packed: PackedPart) -> None:
        """As `copy_new`, inflating what it copies, because nobody has seen it in this run."""
        with blob_of(self.cache, packed).open("rb") as source:
            for size_bytes, uncompressed_size_bytes in packed.members:
                member = source.read(size_bytes)
                self.stream.write(member)
                self.saw(inflate_member(member, uncompressed_size_bytes))

    def part_key(self, part: Part) -> str:
        return key_of(self.level, self.epoch_seconds, part.key)


def overlap(outlines: Sequence[Outline]) -> bool:
    """Whether a file or link stands where another part has something, or on the way to it."""
    others = [path for outline in outlines for path in outline.others]
    taken = set(others)
    if len(taken) != len(others):
        return True
    directories = {path for outline in outlines for path, *_ in outline.directories}
    return not taken.isdisjoint(parents(directories | taken) | directories)


def parents(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition("/")[0]
    return found


def known_part(cache: BlobCache, key: str) -> PackedPart | None:
    content = cache.record(PARTS, key)
    if content is None:
        return None
    packed = msgspec.json.decode(content, type=PackedPart)
    return packed if cache.blob(packed.sha256) is not None else None


def blob_of(cache: BlobCache, packed: PackedPart) -> Path:
    path = cache.blob(packed.sha256)
    if path is None:
        raise BuildError(
            "a part of a layer vanished from the cache while it was used",
            where=packed.sha256,
            hint="build again, and do not clear the cache meanwhile",
        )
    return path
