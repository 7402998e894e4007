"""What a layer is made of, before it becomes a tar: entries with an owner."""

import stat
from enum import Enum
from pathlib import Path

import msgspec

__all__ = ["BytesContent", "Content", "Entry", "EntryKind", "FileContent", "directory", "file", "symlink"]


class EntryKind(Enum):
    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"


class BytesContent(msgspec.Struct, frozen=True):
    content: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    def read(self) -> bytes:
        return self.content


class FileContent(msgspec.Struct, frozen=True):
    """Bytes that lie in a file on disk; `size_bytes` was measured when the entry was made, as was the time of
    the file's last change (0 where nobody changes it)."""

    path: Path
    size_bytes: int
    changed_ns: int = 0

    @classmethod
    def of(cls, path: Path) -> "FileContent":
        return cls(path, path.stat().st_size)

    def read(self) -> bytes:
        return self.path.read_bytes()


Content = BytesContent | FileContent


class Entry(msgspec.Struct, frozen=True):
    """One path of an image: relative POSIX path without leading or trailing slash, never `.` or `..`.

    `owner` is the component that the path belongs to: "deb:libc6", "wheel:flask", "app", or "kit"
    for what okamochi writes itself. Directories may have several owners; the first one counts.
    `target` is the link text of a symlink, or the path (same form as `path`) that a hard link points to.
    Times are not here: every entry of an image carries the clock's instant.
    """

    path: str
    kind: EntryKind
    mode: int
    owner: str
    content: Content | None = None
    target: str = ""
    uid: int = 0
    gid: int = 0

    @property
    def size_bytes(self) -> int:
        return self.content.size_bytes if self.content is not None else 0


def directory(path: str, owner: str, *, mode: int = 0o755, uid: int = 0, gid: int = 0) -> Entry:
    return Entry(path, EntryKind.DIRECTORY, mode, owner, uid=uid, gid=gid)


def file(
    path: str, owner: str, content: bytes | Path, *, mode: int = 0o644, uid: int = 0, gid: int = 0
) -> Entry:
    held = BytesContent(content) if isinstance(content, bytes) else FileContent.of(content)
    return Entry(path, EntryKind.FILE, stat.S_IMODE(mode), owner, content=held, uid=uid, gid=gid)


def symlink(path: str, owner: str, target: str) -> Entry:
    return Entry(path, EntryKind.SYMLINK, 0o777, owner, target=target)
