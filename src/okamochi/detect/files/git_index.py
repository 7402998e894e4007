"""Which files git tracks, read from a checkout's index: running git in a project that nobody prepared could
run programs that its configuration names.

https://git-scm.com/docs/index-format
"""

import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from okamochi.system.git_folders import GitFolders, checkout_root, git_folders
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.regular_files import regular_bytes, regular_text

__all__ = ["executable_files", "index_entries", "tracked_files", "why_unread"]

LIMIT_BYTES = 64_000_000
MOST_ENTRIES = 2_000_000
HEAD = struct.Struct(">4sLL")
FACTS = 40
"""Bytes of an entry before the object's name: times, device, inode, mode, owner, size."""
MODE = 24
EXTENDED, ASSUMED_VALID, STAGE = 0x4000, 0x8000, 0x3000
SKIPPED_IN_WORKTREE = 0x4000
REGULAR, LINK = 0o10, 0o12
OWNER_RUNS = 0o100
WORD_BITS = 64
SHA256 = regex(r"^\s*objectformat\s*=\s*sha256\s*$", re.IGNORECASE | re.MULTILINE)

Shared = Callable[[str], bytes | None]
"""The index that a split one builds on, by the digest in its name."""


class Entry(NamedTuple):
    """`counts`: a file of the last state that git was told to look at."""

    path: bytes
    mode: int
    counts: bool


def tracked_files(project: ProjectFiles) -> frozenset[str] | None:
    """Paths, relative to the project, of the files that the index of its checkout lists, of this folder or of
    one above. Files that git was told not to look at (assume-unchanged, skip-worktree) are somebody's own,
    and left out. None where no index can be read."""
    listed = listed_files(project)
    return None if listed is None else frozenset(path for path, _ in listed)


def executable_files(project: ProjectFiles) -> frozenset[str] | None:
    """Those of them that a checkout makes executable."""
    listed = listed_files(project)
    return None if listed is None else frozenset(path for path, runs in listed if runs)


def why_unread(project: ProjectFiles) -> str:
    """Of a checkout whose index cannot be read; "" for others, and where there is no checkout."""
    top = checkout_root(project.root) if project.root is not None else None
    if top is None or listed_files(project) is not None:
        return ""
    folders = git_folders(top)
    if folders is None:
        return ".git leads to no folder that leads back here"
    return "its index is of a kind that is not known" if (folders.own / "index").exists() else ""


def listed_files(project: ProjectFiles) -> list[tuple[str, bool]] | None:
    if project.root is None:
        content = project.read_bytes(".git/index", limit_bytes=LIMIT_BYTES)
        return index_entries(content, 20) if content is not None else None
    top = checkout_root(project.root)
    folders = git_folders(top) if top is not None else None
    if top is None or folders is None:
        return None
    listed = index_of(folders)
    below = project.root.relative_to(top).as_posix()
    prefix = "" if below == "." else f"{below}/"
    if listed is None:
        return None
    return [(path.removeprefix(prefix), runs) for path, runs in listed if path.startswith(prefix)]


def index_of(folders: GitFolders) -> list[tuple[str, bool]] | None:
    content = regular_bytes(folders.own / "index", limit_bytes=LIMIT_BYTES)
    if content is None:
        return None
    name_bytes = 32 if SHA256.search(regular_text(folders.common / "config")) else 20
    return index_entries(content, name_bytes, shared_beside(folders.own))


def shared_beside(own: Path) -> Shared:
    return lambda digest: regular_bytes(own / f"sharedindex.{digest}", limit_bytes=LIMIT_BYTES)


def index_entries(
    content: bytes, name_bytes: int, shared: Shared = lambda digest: None
) -> list[tuple[str, bool]] | None:
    """Paths, and whether they are executable; None for what is no index of version 2 to 4 with all its
    entries, or builds on one that is not there."""
    try:
        entries = whole_index(content, name_bytes, shared)
    except (struct.error, ValueError, IndexError):
        return None
    return [
        (one.path.decode("utf-8", "replace"), one.mode >> 12 == REGULAR and bool(one.mode & OWNER_RUNS))
        for one in entries
        if one.counts and one.mode >> 12 in (REGULAR, LINK)
    ]


def whole_index(content: bytes, name_bytes: int, shared: Shared) -> list[Entry]:
    entries, place = entries_of(content, name_bytes)
    link = extension(content, place, name_bytes, b"link")
    if link is None or not any(link[:name_bytes]):
        return entries
    base = shared(link[:name_bytes].hex())
    if base is None:
        raise ValueError("the shared index is not there")
    below, _ = entries_of(base, name_bytes)
    return sorted(merged(below, entries, link, name_bytes))


def merged(below: list[Entry], own: list[Entry], link: bytes, name_bytes: int) -> Iterator[Entry]:
    """The entries of a shared index without those that the split one deletes, and with those of its own: the
    first ones, without a name, replace some of the shared."""
    if len(link) > name_bytes:
        deleted, place = positions(link, name_bytes)
        replaced, _ = positions(link, place)
    else:
        deleted, replaced = frozenset[int](), frozenset[int]()
    renewed = iter([one for one in own if not one.path])
    for number, one in enumerate(below):
        kept = next(renewed)._replace(path=one.path) if number in replaced else one
        if number not in deleted:
            yield kept
    yield from (one for one in own if one.path)


def positions(content: bytes, place: int) -> tuple[frozenset[int], int]:
    """The bits that are set in a bitmap compressed as EWAH, and where it ends: words that say how many words
    are alike, and how many follow as they are.
    https://git-scm.com/docs/bitmap-format#_appendix_a_serialization_format_for_an_ewah_bitmap"""
    size_bits, count = struct.unpack_from(">LL", content, place)
    if size_bits > MOST_ENTRIES:
        raise ValueError("more entries than any checkout has")
    words = struct.unpack_from(f">{count}Q", content, place + 8)
    found: set[int] = set()
    at, number = 0, 0
    while number < count:
        marker = words[number]
        alike, literal = (marker >> 1) & 0xFFFFFFFF, marker >> 33
        if marker & 1:
            found.update(range(at, min(at + alike * WORD_BITS, size_bits)))
        at += alike * WORD_BITS
        for word in words[number + 1 : number + 1 + literal]:
            found.update(at + bit for bit in range(WORD_BITS) if word >> bit & 1)
            at += WORD_BITS
        number += 1 + literal
    return frozenset(found), place + 8 + 8 * count + 4


def entries_of(content: bytes, name_bytes: int) -> tuple[list[Entry], int]:
    """And where they end."""
    mark, version, count = HEAD.unpack_from(content)
    if mark != b"DIRC" or version not in (2, 3, 4):
        raise ValueError("no index of git's")
    found: list[Entry] = []
    place, before = HEAD.size, b""
    for _ in range(count):
        start = place
        (mode,) = struct.unpack_from(">L", content, start + MODE)
        place = start + FACTS + name_bytes
        (flags,) = struct.unpack_from(">H", content, place)
        place += 2
        hidden = bool(flags & ASSUMED_VALID)
        if flags & EXTENDED:
            (more,) = struct.unpack_from(">H", content, place)
            hidden = hidden or bool(more & SKIPPED_IN_WORKTREE)
            place += 2
        if version == 4:
            kept, place = shortened_by(content, place, len(before))
            end = content.index(b"\0", place)
            path, place = before[:kept] + content[place:end], end + 1
        else:
            end = content.index(b"\0", place)
            path, place = content[place:end], start + (end - start + 8) // 8 * 8
        before = path
        found.append(Entry(path, mode, not hidden and not flags & STAGE))
    if place > len(content) - name_bytes:
        raise ValueError("it is cut off")
    return found, place


def shortened_by(content: bytes, place: int, length: int) -> tuple[int, int]:
    """How much of the path before goes on in this one, and where the rest of it begins (varint of packs)."""
    value = content[place] & 0x7F
    while content[place] & 0x80:
        place += 1
        value = ((value + 1) << 7) | (content[place] & 0x7F)
        if value > length:
            break
    if value > length:
        raise ValueError("a path is shorter than nothing")
    return length - value, place + 1


def extension(content: bytes, place: int, name_bytes: int, wanted: bytes) -> bytes | None:
    while place + 8 <= len(content) - name_bytes:
        name, size = struct.unpack_from(">4sL", content, place)
        if name == wanted:
            return content[place + 8 : place + 8 + size]
        place += 8 + size
    return None
