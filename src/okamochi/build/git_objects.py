"""One object of a git repository, read from its files: running git could run programs that its configuration
names. See gitformat-pack(5) for packs and their indexes."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["object_at", "read_commit", "read_tag", "read_tree"]

MOST_BYTES = 1_000_000
MOST_PACKS = 500
MOST_FOLDERS = 8
MOST_DELTAS = 64
MOST_SHIFT = 63
"""Bits of a number that is written in bytes of seven; more are of a pack that is made to be read for ever."""
COMMIT, TREE, TAG, OFS_DELTA, REF_DELTA = 1, 2, 4, 6, 7
WORDS = {COMMIT: b"commit", TREE: b"tree", TAG: b"tag"}
IDX_MAGIC = b"\xfftOc\x00\x00\x00\x02"
FANOUT = 8
TABLES = FANOUT + 256 * 4


def read_commit(git: Path, name: str) -> bytes:
    """The commit with this name (hexadecimal) in the folder .git; b"" when it is not there, is no commit, or
    cannot be read."""
    return read_object(git, name, COMMIT)


def read_tag(git: Path, name: str) -> bytes:
    """The annotated tag with this name, likewise."""
    return read_object(git, name, TAG)


def read_tree(git: Path, name: str) -> bytes:
    """The folder of a commit with this name, likewise."""
    return read_object(git, name, TREE)


def read_object(git: Path, name: str, wanted: int) -> bytes:
    for folder in object_folders(git):
        try:
            loose = folder / name[:2] / name[2:]
            found = (
                loose_object(loose, WORDS[wanted])
                if loose.is_file()
                else packed_object(folder / "pack", bytes.fromhex(name), wanted)
            )
        except (OSError, ValueError, StopIteration, RuntimeError, zlib.error):
            continue
        if found:
            return found
    return b""


def object_folders(git: Path) -> Iterator[Path]:
    """The repository's own, and those that it borrows from (git clone --shared, --reference: on machines that
    keep a mirror of what they build); see gitrepository-layout(5)."""
    waiting, seen = [git / "objects"], set[Path]()
    while waiting and len(seen) < MOST_FOLDERS:
        folder = waiting.pop(0)
        if folder in seen:
            continue
        seen.add(folder)
        yield folder
        borrowed = folder / "info/alternates"
        try:
            small = borrowed.is_file() and borrowed.stat().st_size < MOST_BYTES
            lines = borrowed.read_text("utf-8", "replace").splitlines() if small else []
        except OSError:
            continue
        waiting += [
            folder / line for line in lines if line and not line.startswith(("#", '"')) and "\0" not in line
        ]


def loose_object(path: Path, word: bytes) -> bytes:
    with path.open("rb") as stream:
        content = zlib.decompressobj().decompress(stream.read(MOST_BYTES), MOST_BYTES)
    head, _, body = content.partition(b"\0")
    return body if re.fullmatch(word + rb" \d+", head) else b""


def packed_object(folder: Path, name: bytes, wanted: int) -> bytes:
    for index in sorted(folder.glob("pack-*.idx"))[:MOST_PACKS]:
        pack_file = index.with_suffix(".pack")
        place = place_in(index, name) if index.is_file() and pack_file.is_file() else None
        if place is not None:
            with pack_file.open("rb") as pack:
                kind, content = object_at(pack, place, index, MOST_DELTAS)
            return content if kind == wanted else b""
    return b""


def place_in(index: Path, name: bytes) -> int | None:
    """Where the object lies in the index's pack."""
    with index.open("rb") as stream:
        if stream.read(FANOUT) != IDX_MAGIC:
            return None
        count = number_at(stream, FANOUT + 255 * 4)
        low = number_at(stream, FANOUT + (name[0] - 1) * 4) if name[0] else 0
        high = number_at(stream, FANOUT + name[0] * 4)
        while low < high:
            middle = (low + high) // 2
            stream.seek(TABLES + middle * len(name))
            found = stream.read(len(name))
            if found == name:
                return offset_of(stream, middle, count, len(name))
            low, high = (middle + 1, high) if found < name else (low, middle)
    return None


def offset_of(stream: BinaryIO, row: int, count: int, width: int) -> int:
    small = TABLES + count * (width + 4)
    offset = number_at(stream, small + row * 4)
    if not offset & 0x80000000:
        return offset
    return number_at(stream, small + count * 4 + (offset & 0x7FFFFFFF) * 8, size=8)


def number_at(stream: BinaryIO, place: int, *, size: int = 4) -> int:
    stream.seek(place)
    content = stream.read(size)
    if len(content) != size:
        raise ValueError("the index is truncated")
    return int.from_bytes(content, "big")


def object_at(pack: BinaryIO, place: int, index: Path, deltas: int) -> tuple[int, bytes]:
    """Kind and content of the object at a place, with the deltas that it is made of applied."""
    if deltas == 0:
        raise ValueError("too many deltas")
    pack.seek(place)
    kind = one_byte(pack)
    size, shift, more = kind & 15, 4, kind & 128
    kind = kind >> 4 & 7
    while more:
        byte = one_byte(pack)
        size, shift, more = size | (byte & 127) << shift, shift + 7, byte & 128
        if size > MOST_BYTES or shift > MOST_SHIFT:
            raise ValueError("the object is too large")
    if kind == OFS_DELTA:
        base: int | None = place - back_offset(pack)
    elif kind == REF_DELTA:
        base = place_in(index, pack.read(20))
    else:
        return kind, inflated(pack, size)
    delta = inflated(pack, size)
    if base is None or not 0 < base < place + MOST_BYTES * 1000:
        raise ValueError("a delta without its base")
    kind, original = object_at(pack, base, index, deltas - 1)
    return kind, with_delta(original, delta)


def back_offset(pack: BinaryIO) -> int:
    byte = one_byte(pack)
    offset = byte & 127
    while byte & 128:
        byte = one_byte(pack)
        offset = (offset + 1) << 7 | byte & 127
        if offset >> MOST_SHIFT:
            raise ValueError("the base lies nowhere")
    return offset


def one_byte(stream: BinaryIO) -> int:
    (byte,) = stream.read(1)
    return byte


def inflated(pack: BinaryIO, size: int) -> bytes:
    content = zlib.decompressobj().decompress(pack.read(MOST_BYTES + 1000), size)
    if len(content) != size:
        raise ValueError("the object is truncated")
    return content


def with_delta(original: bytes, delta: bytes) -> bytes:
    numbers = iter(delta)
    if varint(numbers) != len(original) or (size := varint(numbers)) > MOST_BYTES:
        raise ValueError("the delta is of another object")
    made = bytearray()
    for order in numbers:
        if order & 128:
            parts = [next(numbers) << shift if order >> bit & 1 else 0 for bit, shift in ORDER_BITS]
            start, length = sum(parts[:4]), sum(parts[4:]) or 0x10000
            made += original[start : start + length]
        else:
            made += bytes(next(numbers) for _ in range(order))
        if len(made) > size:
            break
    if len(made) != size:
        raise ValueError("the delta gives another size")
    return bytes(made)


# of an order to copy: which bit says that a byte of the place (four) or of the length (three) follows
ORDER_BITS = ((0, 0), (1, 8), (2, 16), (3, 24), (4, 0), (5, 8), (6, 16))


def varint(numbers: Iterator[int]) -> int:
    value = shift = 0
    for byte in numbers:
        value |= (byte & 127) << shift
        shift += 7
        if not byte & 128 or shift > MOST_SHIFT:
            break
    return value
