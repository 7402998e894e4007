"""How much a cache holds, and how it becomes smaller without taking anything from who uses it."""

# ruff: noqa: PTH104, PTH116
import hashlib
import math
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from operator import attrgetter
from pathlib import Path

import msgspec

from okamochi.system.cache_owner import file_lock, live_owners, remove_tree
from okamochi.system.cache_pins import pinned
from okamochi.system.unique import unique_folder

__all__ = ["TOUCH_SECONDS", "CacheUse", "Pruning", "has_shape", "shape_of", "size_in", "uses"]

TOUCH_SECONDS = 3600
"""The time of last use is this coarse: a use is written down when the last one is older."""
HOLD_LIMIT_SECONDS = 24 * 3600
"""A process that runs for longer (a development server) no longer holds what it used at its start."""


class CacheUse(msgspec.Struct, frozen=True):
    kind: str
    entries: int
    size_bytes: int


class Kept(msgspec.Struct, frozen=True):
    """What is removed as a whole. `stamp` is the file whose time is that of the last use."""

    kind: str
    path: str
    stamp: str
    size_bytes: int
    used_seconds: float


def uses(root: Path) -> tuple[CacheUse, ...]:
    """By kind: "blobs", "records", and the names of folders and tools; sorted."""
    entries: Counter[str] = Counter()
    sizes_bytes: Counter[str] = Counter()
    for thing in everything(root):
        entries[thing.kind] += 1
        sizes_bytes[thing.kind] += thing.size_bytes
    return tuple(CacheUse(kind, entries[kind], sizes_bytes[kind]) for kind in sorted(entries))


def everything(root: Path) -> Iterator[Kept]:
    for kind in ("blobs", "records"):
        for path, status in files_below(os.fspath(root / kind)):
            yield Kept(kind, path, path, status.st_size, status.st_mtime)
    for folder in sorted((root / "folders").glob("*/*")):
        shape = folder / "shape"
        with suppress(OSError):
            size_bytes, used_seconds = kept_bytes(folder, shape), shape.stat().st_mtime
            yield Kept(folder.parent.name, os.fspath(folder), os.fspath(shape), size_bytes, used_seconds)
    for tool in sorted((root / "tools").glob("*")):
        path = os.fspath(tool)
        with suppress(OSError):
            size_bytes = sum(own_size(status) for _, status in files_below(path))
            yield Kept(tool.name, path, path, size_bytes, tool.stat().st_mtime)


def kept_bytes(folder: Path, shape: Path) -> int:
    """As its shape tells, or counted, where a power cut took what was in that. OSError without one."""
    try:
        return size_in(shape.read_text(encoding="utf-8"))
    except (ValueError, IndexError):
        return sum(own_size(status) for _, status in files_below(os.fspath(folder)))


def own_size(status: os.stat_result) -> int:
    """0 for a file with a second name: uv links what it keeps into the wheels' trees, which count it."""
    return status.st_size if status.st_nlink == 1 else 0


def files_below(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Path and status of each file that is still there when it is looked at."""
    waiting = [folder]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as found:
            for entry in found:
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        yield entry.path, entry.stat(follow_symlinks=False)


def has_shape(tree: Path, shape: Path) -> bool:
    try:
        return shape.read_text(encoding="utf-8") == shape_of(tree)
    except OSError:
        return False


def size_in(shape: str) -> int:
    """The bytes that a line of `shape_of` tells."""
    return int(shape.split()[1])


def shape_of(tree: Path) -> str:
    """Entries, bytes and a digest over the names, types and sizes of a tree, in one line."""
    entries = 0
    size_bytes = 0
    digest = hashlib.sha256()
    waiting = [(os.fspath(tree), "")]
    while waiting:
        folder, relative = waiting.pop()
        with os.scandir(folder) as found:
            for entry in sorted(found, key=attrgetter("name")):
                path = f"{relative}/{entry.name}"
                entries += 1
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, path))
                    line = f"{path}/\0"
                else:
                    size = entry.stat(follow_symlinks=False).st_size
                    size_bytes += size
                    line = f"{path}\0{size}\0"
                digest.update(line.encode("utf-8", "surrogateescape"))
    return f"{entries} {size_bytes} {digest.hexdigest()}\n"


class Pruning(msgspec.Struct, frozen=True):
    """One removal from the cache at `root`, by the process with the folder `own`; spares what is in `keep`.

    While it runs, no process can enter the cache (the lock "owners"), and none can mark a thing as used (the
    lock "use"); those inside are known, with the time at which they entered.
    """

    root: Path
    own: Path
    keep: frozenset[str]

    def run(self, limit_bytes: int) -> int:
        """Remove the things used least recently until the rest is within the limit; the bytes removed."""
        things = sorted(everything(self.root), key=lambda thing: (thing.used_seconds, thing.path))
        excess_bytes = sum(thing.size_bytes for thing in things) - limit_bytes
        removed_bytes = 0
        locks = self.root / "locks"
        rubbish = unique_folder(self.own)
        with file_lock(locks / "owners"), file_lock(locks / "use"):
            for number, thing in enumerate(self._idle(things)):
                if removed_bytes >= excess_bytes:
                    break
                removed_bytes += taken(thing, f"{rubbish}/{number}")
        remove_tree(rubbish)
        return removed_bytes

    def _idle(self, things: list[Kept]) -> Iterator[Kept]:
        held_since = self._held_since()
        held = pinned(self.root) | self.keep
        for thing in things:
            if thing.path not in held and thing.stamp not in held and self._is_idle(thing, held_since):
                yield thing

    def _held_since(self) -> float:
        entered = live_owners(self.root / "tmp", but=self.own)
        if not entered:
            return math.inf
        return max(min(entered), time.time() - HOLD_LIMIT_SECONDS) - TOUCH_SECONDS

    def _is_idle(self, thing: Kept, held_since: float) -> bool:
        try:
            return os.stat(thing.stamp).st_mtime < held_since
        except OSError:
            return False


def taken(thing: Kept, place: str) -> int:
    """Move it away in one step, so that nobody ever sees half of it; the bytes that this frees."""
    try:
        os.rename(thing.path, place)
    except OSError:
        return 0
    return thing.size_bytes
