"""Whether anything in a folder changed since last time, without reading its files.

Size, times and inode of every file, as `make` and git's index do it. The change time (ctime) is part of it:
no tool can set it back. Good for saving work on one machine; never part of what an image is.
"""

import functools
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["program_identity", "tree_stamp"]

# A change within this time before the stamp may be followed by another one with the same time stamp.
RACY_NANOSECONDS = 100_000_000


def tree_stamp(root: Path, *, skip: frozenset[str], ignore: frozenset[str] = frozenset()) -> str:
    """Hexadecimal digest over everything below `root`; "" when it cannot be trusted: something changed just
    now, or cannot be listed.

    `skip` are names of folders that are not entered; `ignore` are names in the root itself that do not count.
    """
    total = hashlib.sha256()
    newest = 0
    try:
        for path, facts in walk(os.fspath(root), skip):
            if path in ignore:
                continue
            newest = max(newest, facts.st_ctime_ns)
            numbers = (facts.st_mode, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)
            total.update(f"{path}\0{numbers}\n".encode("utf-8", "surrogateescape"))
    except OSError:
        return ""
    return total.hexdigest() if time.time_ns() - newest > RACY_NANOSECONDS else ""


def walk(root: str, skip: frozenset[str], folder: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """(relative path, facts) of files, links and folders, sorted within each folder; links are not followed.

    A folder's own times change with its entries, which are listed anyway: only its presence counts.
    """
    with os.scandir(f"{root}/{folder}" if folder else root) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if not entry.is_dir(follow_symlinks=False):
            yield path, entry.stat(follow_symlinks=False)
        elif entry.name not in skip:
            yield from walk(root, skip, path)


@functools.cache
def program_identity() -> str:
    """Digest that changes when any file of okamochi itself does: an upgrade, or an edit in a checkout; ""
    when one changed just now."""
    return tree_stamp(Path(__file__).parent.parent, skip=frozenset({"__pycache__"}))
