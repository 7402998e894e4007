"""Deterministic tar: the same entries give the same bytes, whatever their order, the machine or the user.

USTAR headers (POSIX.1-1988), with a PAX header (POSIX.1-2001) only where USTAR cannot say it: long or
non-ASCII names, files from 8 GiB, large numeric owners. Written by hand because `tarfile` spends several
times as long on the headers of a tree of small files.
"""

import os
from collections.abc import Iterable, Iterator

from okamochi.errors import BuildError
from okamochi.oci.entry import BytesContent, Content, Entry, EntryKind, FileContent

__all__ = ["END_OF_ARCHIVE", "TAR_FORMAT", "ordered", "tar_chunks", "tar_header"]

TAR_FORMAT = "ustar+pax/1"
"""Part of every cache key over tar bytes: change it when the same entries would give other bytes."""

BLOCK = 512
END_OF_ARCHIVE = bytes(2 * BLOCK)
TYPE_FLAGS = {
    EntryKind.FILE: b"0",
    EntryKind.HARDLINK: b"1",
    EntryKind.SYMLINK: b"2",
    EntryKind.DIRECTORY: b"5",
}
LINKS = frozenset({EntryKind.HARDLINK, EntryKind.SYMLINK})
MAX_SIZE_BYTES = 0o77777777777
MAX_OWNER = 0o7777777
ENTRY_HINT = "this is what an unpacker could misuse to write elsewhere; remove or rename the file"


def ordered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Sorted bytewise by path (so parents come before children), hard links last, each path once.

    Several entries for one path are fine when they are directories (the first one counts) or equal.
    BuildError, naming the owners, when they differ, when a path runs through a file or link, when a hard
    link's target is no file among the entries, or when a name is unsafe.
    """
    chosen: dict[str, Entry] = {}
    for entry in entries:
        known = chosen.get(entry.path)
        if known is None:
            check_name(entry)
            chosen[entry.path] = entry
        elif not same(known, entry):
            raise conflict(known, entry)
    check_parents(chosen)
    check_hard_links(chosen)
    return tuple(sorted(chosen.values(), key=sort_key))


def sort_key(entry: Entry) -> tuple[bool, bytes]:
    return entry.kind is EntryKind.HARDLINK, entry.path.encode()


def check_name(entry: Entry) -> None:
    framed = f"/{entry.path}/"
    if "//" in framed or "/../" in framed or "/./" in framed or "\0" in framed or "\0" in entry.target:
        raise BuildError(f"unsafe path in an image: {entry.path!r}", where=entry.owner, hint=ENTRY_HINT)
    try:
        entry.path.encode()
        entry.target.encode()
    except UnicodeEncodeError as error:
        raise BuildError(
            f"a file's name is not UTF-8: {entry.path!r}", where=entry.owner, hint="rename the file"
        ) from error
    if entry.kind in LINKS and not entry.target:
        raise BuildError(f"a link without a target: {entry.path!r}", where=entry.owner, hint=ENTRY_HINT)


def same(one: Entry, other: Entry) -> bool:
    if one.kind is EntryKind.DIRECTORY and other.kind is EntryKind.DIRECTORY:
        return True
    return (
        (one.kind, one.mode, one.uid, one.gid, one.target)
        == (other.kind, other.mode, other.uid, other.gid, other.target)
        and one.size_bytes == other.size_bytes
        and (one.content == other.content or read_all(one.content) == read_all(other.content))
    )


def read_all(content: Content | None) -> bytes:
    return content.read() if content is not None else b""


def conflict(one: Entry, other: Entry) -> BuildError:
    return BuildError(
        f"{one.owner} and {other.owner} both bring /{one.path}, and not the same",
        where=f"/{one.path}",
        hint="leave one of the two out, or report it if both come from packages",
        details=tuple(f"{entry.owner}: {described(entry)}" for entry in (one, other)),
    )


def described(entry: Entry) -> str:
    link = f" -> {entry.target}" if entry.target else ""
    return f"{entry.kind.value}{link}, mode {entry.mode:o}, {entry.size_bytes} bytes"


def check_parents(entries: dict[str, Entry]) -> None:
    fine: set[str] = {""}
    for entry in entries.values():
        parent = entry.path.rpartition("/")[0]
        while parent not in fine:
            found = entries.get(parent)
            if found is not None and found.kind is not EntryKind.DIRECTORY:
                raise conflict_of_parent(entry, found)
            fine.add(parent)
            parent = parent.rpartition("/")[0]


def conflict_of_parent(entry: Entry, parent: Entry) -> BuildError:
    return BuildError(
        f"{entry.owner} brings /{entry.path}, but {parent.owner} has a {parent.kind.value} at /{parent.path}",
        where=f"/{parent.path}",
        hint="a path of an image must not run through a file or link; leave one of the two out",
    )


def check_hard_links(entries: dict[str, Entry]) -> None:
    for entry in entries.values():
        if entry.kind is not EntryKind.HARDLINK:
            continue
        target = entries.get(entry.target)
        if target is None or target.kind is not EntryKind.FILE:
            raise BuildError(
                f"the hard link /{entry.path} points to /{entry.target}, which is no file of the same layer",
                where=entry.owner,
                hint="make it a symbolic link or a copy",
            )


def tar_header(entry: Entry, epoch_seconds: int) -> bytes:
    """The header blocks of one entry: USTAR, preceded by a PAX header and its records if need be."""
    size = entry.size_bytes if entry.kind is EntryKind.FILE else 0
    path = entry.path.encode() + (b"/" if entry.kind is EntryKind.DIRECTORY else b"")
    target = entry.target.encode()
    records: list[tuple[str, bytes]] = []
    prefix, name = split_name(path)
    if not name or not path.isascii():
        records.append(("path", path))
        prefix, name = b"", placeholder(path)
    if len(target) > 100 or not target.isascii():
        records.append(("linkpath", target))
        target = placeholder(target)
    numbers = []
    for keyword, number, largest in (
        ("uid", entry.uid, MAX_OWNER),
        ("gid", entry.gid, MAX_OWNER),
        ("size", size, MAX_SIZE_BYTES),
        ("mtime", epoch_seconds, MAX_SIZE_BYTES),
    ):
        if number > largest:
            records.append((keyword, str(number).encode()))
        numbers.append(number if number <= largest else 0)
    header = ustar(name, prefix, entry.mode, numbers, TYPE_FLAGS[entry.kind], target)
    return pax_blocks(records) + header if records else header


def split_name(path: bytes) -> tuple[bytes, bytes]:
    """(prefix, name) as USTAR wants them: at most 155 and 100 bytes; name is empty when that cannot be."""
    if len(path) <= 100:
        return b"", path
    cut = path.rfind(b"/", 0, 156)
    while cut > 0 and cut == len(path) - 1:
        cut = path.rfind(b"/", 0, cut)
    if cut <= 0 or len(path) - cut - 1 > 100:
        return b"", b""
    return path[:cut], path[cut + 1 :]


def placeholder(path: bytes) -> bytes:
    """What readers that know no PAX see; ASCII, and the directory's slash kept."""
    text = bytes(byte if byte < 128 else 0x3F for byte in path.rstrip(b"/")[-99:])
    return text + b"/" if path.endswith(b"/") else text


def ustar(
    name: bytes, prefix: bytes, mode: int, numbers: list[int], type_flag: bytes, target: bytes
) -> bytes:
    uid, gid, size, mtime = numbers
    head = b"%-100b%07o\0%07o\0%07o\0%011o\0%011o\0" % (
        name.ljust(100, b"\0"), mode & 0o7777, uid, gid, size, mtime
    )  # fmt: skip
    tail = type_flag + target.ljust(100, b"\0") + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2
    tail += prefix.ljust(155, b"\0") + bytes(12)
    checksum = sum(head) + sum(tail) + 8 * 0x20
    return head + b"%06o\0 " % checksum + tail


def pax_blocks(records: list[tuple[str, bytes]]) -> bytes:
    body = b"".join(pax_record(keyword, value) for keyword, value in sorted(records))
    header = ustar(b"././@PaxHeader", b"", 0o644, [0, 0, len(body), 0], b"x", b"")
    return header + body + bytes(-len(body) % BLOCK)


def pax_record(keyword: str, value: bytes) -> bytes:
    """`LENGTH KEYWORD=VALUE\\n`, where LENGTH counts its own digits."""
    rest = b" " + keyword.encode() + b"=" + value + b"\n"
    length = len(rest)
    while length != len(rest) + len(str(length)):
        length = len(rest) + len(str(length))
    return str(length).encode() + rest


def tar_chunks(entries: Iterable[Entry], *, epoch_seconds: int, chunk_bytes: int) -> Iterator[bytes]:
    """The tar of `entries`, taken in the given order, in pieces of exactly `chunk_bytes` (the last: shorter).

    Without the end-of-archive blocks, so that such tars can be joined; END_OF_ARCHIVE comes once, at the end.
    BuildError when a file on disk is not as long as its entry says.
    """
    held = bytearray()
    for entry in entries:
        held += tar_header(entry, epoch_seconds)
        for piece in file_pieces(entry, chunk_bytes):
            held += piece
            while len(held) >= chunk_bytes:
                yield bytes(memoryview(held)[:chunk_bytes])
                del held[:chunk_bytes]
    while held:
        yield bytes(memoryview(held)[:chunk_bytes])
        del held[:chunk_bytes]


def file_pieces(entry: Entry, piece_bytes: int) -> Iterator[bytes]:
    """Content and padding to whole blocks."""
    if entry.kind is not EntryKind.FILE or entry.content is None:
        return
    if isinstance(entry.content, BytesContent):
        yield entry.content.content
    else:
        yield from disk_pieces(entry, entry.content, piece_bytes)
    yield bytes(-entry.size_bytes % BLOCK)


def disk_pieces(entry: Entry, content: FileContent, piece_bytes: int) -> Iterator[bytes]:
    path, missing = content.path, entry.size_bytes
    try:
        with path.open("rb", buffering=0) as stream:
            while piece := stream.read(piece_bytes):
                missing -= len(piece)
                if missing < 0:
                    break
                yield piece
            changed = bool(content.changed_ns) and os.fstat(stream.fileno()).st_ctime_ns != content.changed_ns
    except OSError as error:
        raise BuildError(
            f"cannot read the file that becomes /{entry.path}: {error.strerror}",
            where=str(path),
            hint="it was there when the build began; build again while nothing else changes the folder",
        ) from error
    if missing or changed:
        raise BuildError(
            f"the file that becomes /{entry.path} was changed while it was packed",
            where=str(path),
            hint="build again while nothing else writes to it",
        )
