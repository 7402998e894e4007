"""Who uses a cache at the moment: locks and markers that the kernel releases when a process dies.

Everything rests on flock(2), because it ends with its process however that ends, and also tells processes of
different containers apart (process numbers do not). It is used directly: the lock files of a library would
either stay for ever or be removed under the feet of a waiting process, and importing it takes 100 ms.
"""

import fcntl
import itertools
import os
import stat
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from okamochi.system.unique import unique_folder

__all__ = ["OwnerOf", "file_lock", "live_owners", "remove_tree"]

ALIVE = "alive"
TAG = """Signature: 8a477f597d28d172789f06886806bc55
# This is the cache of okamochi, which backups may leave out; see https://bford.info/cachedir/
"""


@contextmanager
def file_lock(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock `path`, among threads and processes. The file is removed after an exclusive use.

    A file may be removed only by who holds it, and who gets a lock on a removed file tries again: so no two
    hold it at once. Shared holders leave the file for the next exclusive one.
    """
    handle = _locked(path, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    try:
        yield
    finally:
        if not shared:
            with suppress(FileNotFoundError):
                path.unlink()
        os.close(handle)


def _locked(path: Path, operation: int) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, operation)
            if _is_at(handle, path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(handle), there)


class Owner(msgspec.Struct, frozen=True):
    """This process in a cache: `folder` is its private place for unfinished things, `pid` its number."""

    folder: Path
    pid: int
    handle: int


def open_owner(root: Path) -> Owner:
    """Enter the cache at `root`: a folder below root/tmp, alive as long as this process; sweeps dead ones."""
    # The user's alone: records say what is started, and blobs hold the source of projects.
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    places = root / "tmp"
    places.mkdir(exist_ok=True)
    (root / "locks").mkdir(exist_ok=True)
    tag = root / "CACHEDIR.TAG"
    if not tag.exists():
        tag.write_text(TAG, encoding="ascii")
    with file_lock(root / "locks" / "owners"):
        sweep(places)
        folder = unique_folder(places, f"{os.getpid()}-")
        handle = os.open(folder / ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
    return Owner(folder, os.getpid(), handle)


def sweep(places: Path) -> None:
    """Remove what processes that are gone have left; only while holding the lock "owners"."""
    for folder in sorted(places.iterdir()):
        if not is_alive(folder):
            remove_tree(folder)


def live_owners(places: Path, *, but: Path) -> tuple[float, ...]:
    """When each other process that lives entered, in seconds since 1970."""
    try:
        folders = [folder for folder in sorted(places.iterdir()) if folder != but]
    except FileNotFoundError:
        return ()
    return tuple(_entered(folder) for folder in folders if is_alive(folder))


def _entered(folder: Path) -> float:
    try:
        return (folder / ALIVE).stat().st_mtime
    except (FileNotFoundError, PermissionError):  # another user's: long ago, for all that we know
        return 0.0


def is_alive(folder: Path) -> bool:
    """Whether the process that made this folder still runs: whether its lock is still held."""
    try:
        handle = os.open(folder / ALIVE, os.O_RDWR | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:  # another user's
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def remove_tree(path: Path) -> None:
    """Remove a file or a folder with all that is in it, read-only folders too; what resists stays."""
    if not path.is_dir() or path.is_symlink():
        with suppress(OSError):
            path.unlink()
        return
    with suppress(OSError):  # most hold nothing but a few files; importing shutil takes longer than these
        for inside in os.scandir(path):
            os.unlink(inside)  # noqa: PTH108  (a folder is refused)
        path.rmdir()
        return
    for folder in brought_up(os.fspath(path)):
        with suppress(OSError):
            os.rmdir(folder)  # noqa: PTH106


def brought_up(top: str) -> Iterator[str]:
    """Each folder of the tree with nothing in it, the top one last: what lies in one is brought up to the top
    first. What a stranger's code has left is nested deeper than calls, open files and long paths reach."""
    prefix, count = os.urandom(8).hex(), 0
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        for inside in entries_of(folder):
            if not inside.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    os.unlink(inside)  # noqa: PTH108
            elif folder == top:
                waiting.append(inside.path)
            else:
                place = f"{top}/{prefix}-{count}"
                count += 1
                with suppress(OSError):
                    moved(inside.path, place)
                    waiting.append(place)
        if folder != top:
            yield folder
    yield top


def entries_of(folder: str) -> list[os.DirEntry[str]]:
    """Of a folder that can then be written; none of one that resists."""
    with suppress(OSError):
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            os.chmod(folder, stat.S_IRWXU)  # noqa: PTH101
        with os.scandir(folder) as inside:
            return list(inside)
    return []


def moved(folder: str, place: str) -> None:
    """Only a folder that can be written can be moved to another, since it names the one above it."""
    try:
        os.rename(folder, place)  # noqa: PTH104
    except PermissionError:
        os.chmod(folder, stat.S_IRWXU)  # noqa: PTH101
        os.rename(folder, place)  # noqa: PTH104


class OwnerOf:
    """The owner of one cache in this process, opened once, and again after a fork."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.opening = threading.Lock()
        self.owner: Owner | None = None
        self.names = itertools.count()
        self.entered = False

    def get(self) -> Owner:
        with self.opening:
            if self.owner is None or self.owner.pid != os.getpid() or not self.owner.folder.is_dir():
                self.owner = open_owner(self.root)
                weakref.finalize(self, leave, self.owner)
            return self.owner

    def enter(self) -> None:
        """Be known as a user of the cache, before the first look into it; a read-only one needs none."""
        with suppress(OSError):
            self.get()
        self.entered = True

    def new_name(self) -> str:
        """A path in our folder that nobody has used. OSError when the cache cannot be written."""
        return f"{self.get().folder}/{next(self.names)}.new"


def leave(owner: Owner) -> None:
    """Give up the folder, at the end of the process or of the cache object; not after a fork."""
    if owner.pid == os.getpid():
        with suppress(OSError):
            (owner.folder / ALIVE).unlink()
        remove_tree(owner.folder)
    os.close(owner.handle)
