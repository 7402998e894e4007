"""Which files git tracks, read from a checkout's index: running git in a project that nobody prepared could
run programs that its configuration names.

https://git-scm.com/docs/index-format
"""

import os
import posixpath
import re
import struct

from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles, shared_folder

__all__ = ["executable_files", "tracked_files"]

LIMIT_BYTES = 64_000_000
HEAD = struct.Struct(">4sLL")
FACTS = 40
"""Bytes of an entry before the object's name: times, device, inode, mode, owner, size."""
MODE = 24
EXTENDED, ASSUMED_VALID, STAGE = 0x4000, 0x8000, 0x3000
SKIPPED_IN_WORKTREE = 0x4000
REGULAR, LINK = 0o10, 0o12
OWNER_RUNS = 0o100
SHA256 = regex(r"^\s*objectformat\s*=\s*sha256\s*$", re.IGNORECASE | re.MULTILINE)


def tracked_files(project: ProjectFiles) -> frozenset[str] | None:
    """Paths, relative to the project, of the files that the index of its checkout lists, of this folder or of
    one above. Files that git was told not to look at (assume-unchanged, skip-worktree) are somebody's own,
    and left out. None where no index can be read: no checkout, a linked worktree, a split index."""
    listed = listed_files(project)
    return None if listed is None else frozenset(path for path, _ in listed)


def executable_files(project: ProjectFiles) -> frozenset[str] | None:
    """Those of them that a checkout makes executable."""
    listed = listed_files(project)
    return None if listed is None else frozenset(path for path, runs in listed if runs)


def listed_files(project: ProjectFiles) -> list[tuple[str, bool]] | None:
    for folder, prefix in places(project):
        content = project.read_bytes(posixpath.join(folder, ".git/index"), limit_bytes=LIMIT_BYTES)
        if content is not None:
            name_bytes = 32 if SHA256.search(project.read_text(f"{folder}.git/config") or "") else 20
            listed = index_entries(content, name_bytes)
            if listed is None:
                return None
            return [(one.removeprefix(prefix), runs) for one, runs in listed if one.startswith(prefix)]
    return None


def places(project: ProjectFiles) -> tuple[tuple[str, str], ...]:
    """Where .git may lie, as the project calls it, and how paths of the index begin for its files."""
    root = project.root
    outer = shared_folder(root) if root is not None else None
    if root is None or outer is None:
        return (("", ""),)
    return ("", ""), (f"{os.path.relpath(outer, root)}/", f"{root.relative_to(outer).as_posix()}/")


def index_entries(content: bytes, name_bytes: int) -> list[tuple[str, bool]] | None:
    """Paths, and whether they are executable; None for what is no index of version 2 to 4 with all its
    entries."""
    try:
        return entries_of(content, name_bytes)
    except (struct.error, ValueError, IndexError):
        return None


def entries_of(content: bytes, name_bytes: int) -> list[tuple[str, bool]] | None:
    mark, version, count = HEAD.unpack_from(content)
    if mark != b"DIRC" or version not in (2, 3, 4):
        return None
    found: list[tuple[str, bool]] = []
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
        if mode >> 12 in (REGULAR, LINK) and not hidden and not flags & STAGE:
            runs = mode >> 12 == REGULAR and bool(mode & OWNER_RUNS)
            found.append((path.decode("utf-8", "replace"), runs))
    return None if is_split(content, place, name_bytes) else found


def shortened_by(content: bytes, place: int, length: int) -> tuple[int, int]:
    """How much of the path before goes on in this one, and where the rest of it begins (varint of packs)."""
    value = content[place] & 0x7F
    while content[place] & 0x80:
        place += 1
        value = ((value + 1) << 7) | (content[place] & 0x7F)
    if value > length:
        raise ValueError("a path is shorter than nothing")
    return length - value, place + 1


def is_split(content: bytes, place: int, name_bytes: int) -> bool:
    """Whether the extension "link" says that another file has most of the entries."""
    while place + 8 <= len(content) - name_bytes:
        name, size = struct.unpack_from(">4sL", content, place)
        if name == b"link":
            return True
        place += 8 + size
    return False
