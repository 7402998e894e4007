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

__all__ = ["FileFacts", "program_identity", "tree_facts", "tree_stamp"]

# A change within this time before the look may be followed by another one with the same time stamp: ticks
# of the kernel's clock, or more than two seconds where the file system counts whole seconds.
RACY_NANOSECONDS = 20_000_000
COARSE_RACY_NANOSECONDS = 2_500_000_000
SECOND_NANOSECONDS = 10**9


FileFacts = tuple[int, int, int, int, int]
"""Mode, size in bytes, times of change of content and of the inode in nanoseconds, inode number."""

NO_FACTS: FileFacts = (0, 0, 0, 0, 0)


def tree_facts(
    root: Path, *, skip: frozenset[str], ignore: frozenset[str] = frozenset()
) -> dict[str, FileFacts] | None:
    """Of every file and link below `root`, by relative path; None when it cannot be trusted: something
    changed just now, or cannot be listed.

    `skip` are names of folders that are not entered; `ignore` are names in the root itself that do not count.
    """
    try:
        found = dict(sorted(walk(os.fspath(root), skip)))
    except OSError:
        return None
    for path in ignore:
        found.pop(path, None)
    newest = max((facts[3] for facts in found.values()), default=0)
    coarse = all(facts[3] % SECOND_NANOSECONDS == 0 for facts in found.values())
    settled = time.time_ns() - newest > (COARSE_RACY_NANOSECONDS if coarse else RACY_NANOSECONDS)
    return found if settled else None


def tree_stamp(root: Path, *, skip: frozenset[str]) -> str:
    """Hexadecimal digest of `tree_facts`; "" when they cannot be trusted."""
    found = tree_facts(root, skip=skip)
    if found is None:
        return ""
    return hashlib.sha256(repr(found).encode("utf-8", "surrogateescape")).hexdigest()


def walk(root: str, skip: frozenset[str]) -> Iterator[tuple[str, FileFacts]]:
    """(relative path, facts) of files, links and folders, in the order in which the system lists them; links
    are not followed.

    A folder's path ends in a slash. Its times change with its entries, which are listed anyway: only that it
    is there counts. Each build asks for a thousand files of okamochi itself, so that a line here counts, too.
    """
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(f"{root}/{folder}") as found:
            for entry in found:
                path = folder + entry.name
                if not entry.is_dir(follow_symlinks=False):
                    facts = entry.stat(follow_symlinks=False)
                    numbers = (facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)
                    yield path, (facts.st_mode, *numbers)
                elif entry.name not in skip:
                    path += "/"
                    yield path, NO_FACTS
                    waiting.append(path)


@functools.cache
def program_identity() -> str:
    """Digest that changes when any file of okamochi itself does: an upgrade, or an edit in a checkout; ""
    when one changed just now."""
    return tree_stamp(Path(__file__).parent.parent, skip=frozenset({"__pycache__"}))
