"""What a shared library asks for and where it lets the loader look: its dynamic section (the ELF
specification, 64 bit, little endian, as on both platforms that images are built for)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

__all__ = ["ElfFacts", "elf_facts"]

MAGIC = b"\x7fELF\x02\x01"
SEGMENT = struct.Struct("<I4xQQ8xQ16x")  # p_type, p_offset, p_vaddr, p_filesz
DYNAMIC_ENTRY = struct.Struct("<qQ")
PT_LOAD, PT_DYNAMIC = 1, 2
DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_SONAME, DT_RPATH, DT_RUNPATH = 1, 5, 10, 14, 15, 29
MOST_SEGMENTS = 1_000
MOST_TABLE_BYTES = 1 << 26
DAMAGED = (struct.error, ValueError, IndexError, OverflowError, OSError)


@dataclass(frozen=True, slots=True)
class ElfFacts:
    """`needed` are names as "libpq.so.5"; `search` are the folders of DT_RUNPATH or DT_RPATH."""

    needed: tuple[str, ...] = ()
    soname: str = ""
    search: tuple[str, ...] = ()


def elf_facts(stream: BinaryIO) -> ElfFacts:
    """Nothing for what is no such file, or a damaged one; only the few kilobytes that tell are read."""
    try:
        head = stream.read(64)
        if head[:6] != MAGIC or len(head) < 64:
            return ElfFacts()
        return facts_in(stream, head)
    except DAMAGED:
        return ElfFacts()


def facts_in(stream: BinaryIO, head: bytes) -> ElfFacts:
    start, size, count = (struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54))
    if size != SEGMENT.size or count > MOST_SEGMENTS:
        return ElfFacts()
    segments = list(SEGMENT.iter_unpack(read_at(stream, start, size * count)))
    dynamic = next((one for one in segments if one[0] == PT_DYNAMIC), None)
    if dynamic is None:
        return ElfFacts()
    content = read_at(stream, dynamic[1], dynamic[3])
    entries = list(DYNAMIC_ENTRY.iter_unpack(content[: len(content) // 16 * 16]))
    values = dict(reversed(entries))
    table = read_at(stream, place_of(values[DT_STRTAB], segments), values[DT_STRSZ])

    def texts(*tags: int) -> Iterator[str]:
        for tag, value in entries:
            if tag in tags:
                yield table[value : table.index(b"\0", value)].decode("utf-8", "replace")

    search = tuple(part for text in texts(DT_RPATH, DT_RUNPATH) for part in text.split(":") if part)
    return ElfFacts(tuple(texts(DT_NEEDED)), next(texts(DT_SONAME), ""), search)


def place_of(address: int, segments: list[tuple[int, int, int, int]]) -> int:
    """Where in the file an address of the loaded library lies."""
    for kind, place, start, length in segments:
        if kind == PT_LOAD and start <= address < start + length:
            return place + address - start
    raise ValueError("the address is in no segment")


def read_at(stream: BinaryIO, place: int, length: int) -> bytes:
    if length > MOST_TABLE_BYTES:
        raise ValueError("an absurd size")
    stream.seek(place)
    content = stream.read(length)
    if len(content) != length:
        raise ValueError("the file ends too early")
    return content
