"""A folder of the app as a tar stream and back: python -I volume_files.py save FOLDER >x, load FOLDER <x;
fill FOLDER SOURCE copies what the image has into a volume that is still empty.

SQLite databases are copied by SQLite itself, as of one moment, while others write. What is loaded takes the
place of what was there only when all of it was read. Attributes that programs give to files (user.*) are
kept, in the words of libarchive: https://man.archlinux.org/man/libarchive-formats.5#PAX_attributes.
"""

# pathlib would double the time of the imports:
# ruff: noqa: PTH101, PTH102, PTH104, PTH106, PTH108, PTH112, PTH113, PTH114
# ruff: noqa: PTH118, PTH120, PTH123, PTH208, PTH211

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

SQLITE = b"SQLite format 3\0"
BESIDE = ("-wal", "-shm", "-journal")
OWN = ".okamochi-"
FOUND = "lost+found"
LOCK = ".migration-lock"
ATTRIBUTE = "LIBARCHIVE.xattr."


def save(folder: str, into: Any) -> None:
    with tarfile.open(fileobj=into, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for path, name in members(folder):
            add(tar, path, name)


def members(folder: str) -> Iterator[tuple[str, str]]:
    """(path, name in the archive), folders before what is in them, sorted."""
    for current, folders, names in os.walk(folder):
        folders.sort()
        relative = os.path.relpath(current, folder)
        links = [name for name in folders if os.path.islink(os.path.join(current, name))]
        if relative != ".":
            yield current, relative
        for name in sorted((*names, *links)):
            if not name.startswith(OWN) and not name.endswith(LOCK):
                yield os.path.join(current, name), os.path.normpath(os.path.join(relative, name))


def add(tar: tarfile.TarFile, path: str, name: str) -> None:
    with suppress(FileNotFoundError):  # gone meanwhile
        kind = os.lstat(path).st_mode
        if stat.S_ISREG(kind) and beginning(path) == SQLITE:
            add_database(tar, path, name)
        elif stat.S_ISREG(kind) and path.endswith(BESIDE) and is_database(path.rpartition("-")[0]):
            return  # what they hold is in the copy
        elif stat.S_ISREG(kind):
            add_file(tar, path, path, name)
        elif stat.S_ISDIR(kind) or stat.S_ISLNK(kind):
            member = tar.gettarinfo(path, name)
            member.pax_headers = attributes(path)
            tar.addfile(member)


def add_file(tar: tarfile.TarFile, path: str, original: str, name: str) -> None:
    """The member says how much comes: a file that grows meanwhile must not break it."""
    member = tar.gettarinfo(original, name)
    member.pax_headers = attributes(original)
    with open(path, "rb") as stream:
        member.size = os.fstat(stream.fileno()).st_size
        tar.addfile(member, stream)


def attributes(path: str) -> dict[str, str]:
    """user.* of a file or folder; a file system without attributes has none."""
    from base64 import b64encode

    found = {}
    with suppress(OSError, AttributeError):
        for name in os.listxattr(path, follow_symlinks=False):
            if name.startswith("user."):
                value = os.getxattr(path, name, follow_symlinks=False)
                found[ATTRIBUTE + name] = b64encode(value).decode().rstrip("=")
    return found


def give_attributes(path: str, member: tarfile.TarInfo) -> None:
    from base64 import b64decode

    for key, text in member.pax_headers.items():
        name = key.removeprefix(ATTRIBUTE)
        if key != name and name.startswith("user."):
            os.setxattr(path, name, b64decode(text + "=" * (-len(text) % 4)))


def add_database(tar: tarfile.TarFile, path: str, name: str) -> None:
    import sqlite3

    handle, copy = tempfile.mkstemp(prefix=OWN, dir=os.path.dirname(path))
    os.close(handle)
    try:
        with closing(sqlite3.connect(path, timeout=30)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        add_file(tar, copy, path, name)
    except sqlite3.Error as error:
        sys.exit(f"{path}: {error}")
    finally:
        for leftover in (copy, *(copy + end for end in BESIDE)):
            with suppress(FileNotFoundError):
                os.unlink(leftover)


def beginning(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read(len(SQLITE))


def is_database(path: str) -> bool:
    return os.path.isfile(path) and beginning(path) == SQLITE


def load(folder: str, source: Any) -> None:
    fresh = tempfile.mkdtemp(prefix=OWN, dir=folder)
    try:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            for member in tar:
                unpack(tar, member, fresh)
        if source.read(1):
            sys.exit("there is more after the end of the archive")
        exchange(folder, fresh)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def exchange(folder: str, fresh: str) -> None:
    """What was there is set aside first: where one of it cannot be moved, all of it stays. A file system
    has a folder of its own, which nobody may move."""
    former = tempfile.mkdtemp(prefix=OWN, dir=folder)
    there = [name for name in os.listdir(folder) if not name.startswith(OWN) and name != FOUND]
    try:
        for name in there:
            os.rename(os.path.join(folder, name), os.path.join(former, name))
    except OSError:
        move_up(former, folder)
        os.rmdir(former)
        raise
    move_up(fresh, folder)
    for name in os.listdir(folder):  # of former loads that were ended, too
        if name.startswith(OWN):
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)


def fill(folder: str, source: str) -> None:
    """One of several pods that share the volume does it, the others wait. What a start that was ended left
    half copied is removed first. A new file system has a folder of its own."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for name in os.listdir(folder):
            if name.startswith(OWN):
                remove(os.path.join(folder, name))
        if set(os.listdir(folder)) <= {FOUND} and os.path.isdir(source):
            fresh = tempfile.mkdtemp(prefix=OWN, dir=folder)
            shutil.copytree(source, fresh, symlinks=True, dirs_exist_ok=True)
            move_up(fresh, folder)
            os.rmdir(fresh)
    finally:
        os.close(handle)


def move_up(fresh: str, folder: str) -> None:
    """All that was made in a folder of its own, each at once and whole."""
    for name in os.listdir(fresh):
        os.rename(os.path.join(fresh, name), os.path.join(folder, name))


def unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, root: str) -> None:
    """Never outside of the folder, and through no link."""
    parts = member.name.split("/")
    if member.name.startswith("/") or ".." in parts or "" in parts:
        sys.exit(f"a member of the archive climbs out: {member.name!r}")
    path = os.path.join(root, *parts)
    above = os.path.dirname(path)
    if os.path.realpath(above) != os.path.realpath(root) + above[len(root) :] or os.path.lexists(path):
        sys.exit(f"a member of the archive goes through a link, or comes twice: {member.name!r}")
    if member.isdir():
        os.mkdir(path)
    elif member.issym():
        os.symlink(member.linkname, path)
        return
    elif member.isreg():
        content = tar.extractfile(member)
        with open(path, "xb") as stream:
            shutil.copyfileobj(content, stream)  # type: ignore[arg-type]
    else:
        sys.exit(f"a member of the archive is neither file, folder nor link: {member.name!r}")
    give_attributes(path, member)
    os.chmod(path, member.mode & 0o777 | (0o700 if member.isdir() else 0))
    os.utime(path, (member.mtime, member.mtime))


def remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def main(arguments: list[str]) -> None:
    action = arguments[0] if arguments else ""
    if len(arguments) != {"save": 2, "load": 2, "fill": 3}.get(action):
        sys.exit("usage: volume_files.py save|load FOLDER, or fill FOLDER SOURCE")
    folder = arguments[1]
    try:
        if action == "save":
            save(folder, sys.stdout.buffer)
        elif action == "load":
            load(folder, sys.stdin.buffer)
        else:
            fill(folder, arguments[2])
    except (OSError, shutil.Error, tarfile.TarError) as error:
        sys.exit(f"{folder}: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
