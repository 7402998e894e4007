"""/etc/ld.so.cache, as ldconfig writes it (glibc: sysdeps/generic/dl-cache.h, "new" format 1.1)."""

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cmp_to_key
from pathlib import Path
from typing import BinaryIO

from okamochi.oci.platform import Platform

__all__ = ["Library", "find_libraries", "ld_cache", "libraries_in"]

MAGIC = b"glibc-ld.so.cache1.1"
HEADER = struct.Struct("<20sIIB3xI12x")
ENTRY = struct.Struct("<iIIIQ")
LITTLE_ENDIAN = 2
ELF_LIBC6 = 0x0003
ARCHITECTURE_FLAGS = {"amd64": 0x0300, "arm64": 0x0A00}
ELF_64_LITTLE = b"\x7fELF\x02\x01"
ELF_HEADER = struct.Struct("<32sQ14xHH6x")  # e_phoff, e_phentsize, e_phnum
SEGMENT = struct.Struct("<I4xQQ8xQ")  # p_type, p_offset, p_vaddr, p_filesz
TAG = struct.Struct("<qQ")
PT_LOAD, PT_DYNAMIC = 1, 2
DT_STRTAB, DT_SONAME = 5, 14
LIBRARY_NAME = re.compile(r"(lib.*|ld-.*)\.so(\..*)?")


@dataclass(frozen=True, slots=True, order=True)
class Library:
    """A name that programs ask for, and the absolute path in the image that answers it."""

    name: str
    path: str


def find_libraries(root: Path, folders: Iterable[str]) -> tuple[Library, ...]:
    """Shared libraries in these folders (relative to root), under their sonames, sorted; earlier folders win.

    Paths are written as ldconfig writes them in a merged-usr system: /lib/…, not /usr/lib/…"""
    found: dict[str, Library] = {}
    for folder in folders:
        for library in libraries_in(root / folder, f"/{folder.removeprefix('usr/')}"):
            found.setdefault(library.name, library)
    return tuple(sorted(found.values()))


def libraries_in(place: Path, folder: str, real: Callable[[str], Path] | None = None) -> Iterator[Library]:
    """Those that lie in `place`, which is `folder` in the image. `real` says where a path of the image lies,
    where links on the disk lead out of it."""
    for path in sorted(place.iterdir()) if place.is_dir() else ():
        if LIBRARY_NAME.fullmatch(path.name) is None:
            continue
        file = real(f"{folder}/{path.name}") if real is not None else path
        if file.is_file() and answers(file, path.name):
            yield Library(path.name, f"{folder}/{path.name}")


def answers(path: Path, own_name: str) -> bool:
    """Whether a file is found under its own name: names for linking (libx.so) and full versions are not."""
    with path.open("rb") as stream:
        try:
            name = soname(stream)
        except (struct.error, OSError, ValueError):  # a linker script, or an empty file
            return False
    return name in ("", own_name)


def soname(stream: BinaryIO) -> str:
    """DT_SONAME of a 64-bit little-endian ELF file, "" when it has none; ValueError when it is no such file.

    By hand, because this reads every library of an image, and pyelftools takes 10 ms for each."""
    head = stream.read(ELF_HEADER.size)
    if head[:6] != ELF_64_LITTLE:
        raise ValueError("not a 64-bit little-endian ELF file")
    _, offset, size, count = ELF_HEADER.unpack(head)
    stream.seek(offset)
    table = stream.read(size * count)
    segments = [SEGMENT.unpack_from(table, size * number) for number in range(count)]
    for kind, place, _, length in segments:
        if kind == PT_DYNAMIC:
            stream.seek(place)
            return named_in(stream, dict(reversed(list(TAG.iter_unpack(stream.read(length))))), segments)
    raise ValueError("not a shared library")


def named_in(stream: BinaryIO, tags: dict[int, int], segments: list[tuple[int, int, int, int]]) -> str:
    if DT_SONAME not in tags:
        return ""
    for kind, place, address, length in segments:
        if kind == PT_LOAD and address <= tags[DT_STRTAB] < address + length:
            stream.seek(place + tags[DT_STRTAB] - address + tags[DT_SONAME])
            return stream.read(256).partition(b"\0")[0].decode()
    raise ValueError("the table of names is nowhere")


def ld_cache(libraries: Iterable[Library], platform: Platform) -> bytes:
    """The cache's bytes; the loader's binary search wants falling order by its own comparison."""
    by_name = cmp_to_key(compare)
    ordered = sorted(libraries, key=lambda library: by_name(library.name), reverse=True)
    flags = ELF_LIBC6 | ARCHITECTURE_FLAGS[platform.architecture]
    strings = bytearray()
    start = HEADER.size + ENTRY.size * len(ordered)
    entries = []
    for library in ordered:
        name, path = library.name.encode() + b"\0", library.path.encode() + b"\0"
        key = start + len(strings)
        strings += name + path
        entries.append(ENTRY.pack(flags, key, key + len(name), 0, 0))
    header = HEADER.pack(MAGIC, len(entries), len(strings), LITTLE_ENDIAN, 0)
    return header + b"".join(entries) + bytes(strings)


def compare(left: str, right: str) -> int:
    """As _dl_cache_libcmp: numbers by value, a digit after a letter, everything else by byte."""
    a, b = left.encode() + b"\0", right.encode() + b"\0"
    i = j = 0
    while a[i] != 0:
        if chr(a[i]).isdigit():
            if not chr(b[j]).isdigit():
                return 1
            first, i = number(a, i)
            second, j = number(b, j)
            if first != second:
                return first - second
        elif chr(b[j]).isdigit():
            return -1
        elif a[i] != b[j]:
            return a[i] - b[j]
        else:
            i, j = i + 1, j + 1
    return a[i] - b[j]


def number(text: bytes, start: int) -> tuple[int, int]:
    end = start
    while chr(text[end]).isdigit():
        end += 1
    return int(text[start:end]), end
