"""The content-addressed cache on disk: safe among threads and processes, and whenever one of them is killed.

    blobs/sha256/ab/abcd…      files by the digest of their content, 0444
    records/KIND/ab/abcd…      small answers by the digest of their key, with a digest of their own
    folders/KIND/KEY/          `tree/`, and `shape`: what the tree must look like
    tools/NAME/                folders in which other programs keep caches of their own
    locks/ tmp/ pins/          who does what at the moment; see cache_owner and cache_pins

A thing is made under tmp/ and renamed to its place when complete: a process that is killed leaves only what
the next one sweeps. Nothing is forced to the disk; instead the first use of a thing after the machine started
again verifies it, and drops it if wrong (a power cut can leave renamed files without their content).

Paths are plain strings inside of here: a build asks hundreds of times, and pathlib would take most of it.
"""

# ruff: noqa: PTH101, PTH103, PTH104, PTH108, PTH110, PTH116, PTH120, PTH123
import hashlib
import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from okamochi.errors import AlteredError
from okamochi.system.boot import boot_seconds
from okamochi.system.cache_owner import OwnerOf, file_lock, remove_tree
from okamochi.system.cache_pins import pin
from okamochi.system.cache_use import TOUCH_SECONDS, CacheUse, Pruning, has_shape, shape_of, size_in, uses
from okamochi.system.files import storage_errors
from okamochi.system.patterns import regex
from okamochi.system.unique import unique_folder

__all__ = ["Cache"]

DEFAULT_LIMIT_BYTES = 10 * 2**30
DAY_SECONDS = 24 * 3600
# lower case only, since some file systems do not tell case apart
SAFE_NAME = regex(r"[a-z0-9][a-z0-9._+-]{0,120}")
SHA256 = regex(r"[0-9a-f]{64}")


class Cache(msgspec.Struct, frozen=True, eq=False):
    """One cache folder. Digests are lower-case hexadecimal sha256, without a prefix.

    Reading works in a folder that cannot be written. Writing there, or on a full disk, is a StorageError.
    """

    root: Path
    owner: OwnerOf
    limit_bytes: int = DEFAULT_LIMIT_BYTES
    used: set[str] = msgspec.field(default_factory=set)
    written: list[int] = msgspec.field(default_factory=list)

    @classmethod
    def open(cls, root: Path, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> "Cache":
        """The cache at `root`. Makes nothing: folders come with the first thing that is kept."""
        absolute = root.absolute()
        return cls(absolute, OwnerOf(absolute), limit_bytes)

    def blob(self, sha256: str) -> Path | None:
        """The file with this content, or None. Asking marks it as used."""
        path = self._blob_path(sha256)
        return Path(path) if self._usable(path, lambda: digest_of(path) == sha256) else None

    def put_bytes(self, content: bytes) -> str:
        """Keep `content`; its sha256."""
        sha256 = hashlib.sha256(content).hexdigest()
        if self.blob(sha256) is None:
            self._put_file(content, self._blob_path(sha256), mode=0o444)
        return sha256

    def put_stream(
        self, write: Callable[[BinaryIO], None], *, sha256: str | None = None
    ) -> tuple[str, int, Path]:
        """Keep what `write` writes; its sha256, its size in bytes and its path.

        With `sha256`, `write` is not called when the content is here already, and other content than that
        is an AlteredError which leaves nothing behind. The stream cannot seek.
        """
        present = self.blob(sha256) if sha256 is not None else None
        if sha256 is not None and present is not None:
            return sha256, present.stat().st_size, present
        with self._unfinished() as path, self._full_disk():
            found, size_bytes = write_hashed(path, write)
            if sha256 is not None and found != sha256:
                raise not_as_announced(sha256, found, size_bytes)
            self.written.append(size_bytes)
            return found, size_bytes, self._settle(path, self._blob_path(found), mode=0o444)

    def record(self, kind: str, key: str) -> bytes | None:
        """What `put_record` kept last under this key, or None. A damaged record is none."""
        path = self._record_path(kind, key)
        try:
            with open(path, "rb") as stream:
                digest, _, content = stream.read().partition(b"\n")
        except OSError:
            return None
        if hashlib.sha256(content).hexdigest().encode() != digest:
            return None
        return content if self._usable(path, None) else None

    def put_record(self, kind: str, key: str, content: bytes) -> None:
        """Keep a small answer under a key of any text; the last one wins."""
        digest = hashlib.sha256(content).hexdigest().encode()
        self._put_file(digest + b"\n" + content, self._record_path(kind, key), mode=0o644)

    def folder(self, kind: str, key: str, make: Callable[[Path], None]) -> Path:
        """The folder that `make` once filled for this key; `make` gets an empty one, under a lock.

        What `make` raises passes through, and leaves nothing. The folder must not be changed afterwards.
        """
        place = self._folder_path(kind, key)
        if not self._folder_usable(place):
            with self.lock(f"folder {kind} {key}"):
                if not self._folder_usable(place):
                    self._make_folder(place, make)
        return Path(place, "tree")

    def folder_if_made(self, kind: str, key: str) -> Path | None:
        """The folder for this key, when it was made before."""
        place = self._folder_path(kind, key)
        return Path(place, "tree") if self._folder_usable(place) else None

    def hold_folder(self, kind: str, key: str, *, pid: int) -> None:
        """Keep this folder from being pruned or cleared for as long as the process `pid` runs."""
        place = self._folder_path(kind, key)
        with self._writing():
            pin(self.root, pid, os.path.relpath(place, self.root))

    def tool_folder(self, name: str) -> Path:
        """A folder in which another program keeps a cache of its own, by its own rules of safety."""
        path = self.root / "tools" / checked_name(name)
        with self._writing():
            self.owner.get()
            path.mkdir(parents=True, exist_ok=True)
            os.utime(path)
        self.used.add(os.fspath(path))
        return path

    @contextmanager
    def temporary(self) -> Iterator[Path]:
        """A folder on the file system of the cache, removed afterwards; after a kill, by the next process.
        StorageError for a full disk, whoever writes there."""
        with self._writing():
            folder = unique_folder(self.owner.get().folder)
        try:
            with self._full_disk():
                yield folder
        finally:
            remove_tree(folder)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """One holder at a time among all threads and processes; waits without limit. Not re-entrant."""
        path = self.root / "locks" / hashlib.sha256(name.encode()).hexdigest()[:40]
        with ExitStack() as held:
            with self._writing():
                self.owner.get()
                held.enter_context(file_lock(path))
            yield

    def info(self) -> tuple[CacheUse, ...]:
        """What the cache holds, by kind."""
        return uses(self.root)

    def prune(self, limit_bytes: int | None = None) -> int:
        """Remove what was not used for longest until the rest is within the limit; the bytes removed.

        What this process or another one that runs has used since it started, and what is held, stays.
        """
        limit = self.limit_bytes if limit_bytes is None else limit_bytes
        return self._removal(frozenset(self.used), limit)

    def prune_when_due(self) -> int:
        """`prune`, unless it can hardly be needed: nothing much was written here, and the last was today."""
        stamp = self.root / "pruned"
        try:
            recent = stamp.stat().st_mtime > time.time() - DAY_SECONDS
        except OSError:
            recent = False
        if recent and sum(self.written) < self.limit_bytes / 50:
            return 0
        removed_bytes = self.prune()
        self.written.clear()
        with suppress(OSError):
            stamp.touch()
        return removed_bytes

    def clear(self) -> int:
        """Remove all that no other process uses at the moment; the bytes removed."""
        removed = self._removal(frozenset(), 0)
        self.used.clear()
        return removed

    def _removal(self, keep: frozenset[str], limit_bytes: int) -> int:
        if not self.root.is_dir():
            return 0
        with self._writing():
            return Pruning(self.root, self.owner.get().folder, keep).run(limit_bytes)

    def _make_folder(self, place: str, make: Callable[[Path], None]) -> None:
        with self.temporary() as temporary:
            unit = temporary / "unit"
            tree = unit / "tree"
            with self._full_disk():
                tree.mkdir(parents=True)
                make(tree)
                shape = shape_of(tree)
                (unit / "shape").write_text(shape, encoding="utf-8")
            with self._writing():
                if os.path.lexists(place):  # there, but not as it was made
                    Path(place).rename(temporary / "damaged")
                renamed(unit, place)
        self.written.append(size_in(shape))
        self.used.add(f"{place}/shape")

    def _folder_usable(self, place: str) -> bool:
        shape = f"{place}/shape"
        return self._usable(shape, lambda: has_shape(Path(place, "tree"), Path(shape)))

    def _usable(self, path: str, is_right: Callable[[], bool] | None) -> bool:
        """Whether `path` is there and right (seen at its first use after a boot); marks it as used."""
        # nothing is pruned that was used after we entered, so we enter before we look
        if not self.owner.entered and os.path.exists(path):
            self.owner.enter()
        try:
            modified = os.stat(path).st_mtime
        except OSError:
            return False
        if path in self.used:
            return True
        if is_right is not None and modified < boot_seconds():
            if not is_right():
                return False
            modified = 0
        if modified < time.time() - TOUCH_SECONDS and not self._touch(path):
            return False
        self.used.add(path)
        return True

    def _touch(self, path: str) -> bool:
        """Mark as used now. False when it was pruned meanwhile; a read-only cache is no obstacle."""
        with suppress(OSError), file_lock(self.root / "locks" / "use", shared=True):
            os.utime(path)
        return os.path.exists(path)

    def _put_file(self, content: bytes, place: str, *, mode: int) -> None:
        with self._unfinished() as path, self._full_disk():
            with open(path, "wb") as stream:
                stream.write(content)
            self._settle(path, place, mode=mode)
        self.written.append(len(content))

    def _settle(self, unfinished: str, place: str, *, mode: int) -> Path:
        with self._writing():
            os.chmod(unfinished, mode)
            renamed(unfinished, place)
        self.used.add(place)
        return Path(place)

    @contextmanager
    def _unfinished(self) -> Iterator[str]:
        """A name for a new file in our own folder."""
        with self._writing():
            path = self.owner.new_name()
        try:
            yield path
        finally:
            with suppress(OSError):
                os.unlink(path)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with storage_errors(
            self.root,
            hint="set OKAMOCHI_CACHE_DIR to a folder that you can write to",
            full_hint="run okamochi cache prune, or set OKAMOCHI_CACHE_DIR to a folder with more space",
        ):
            yield

    @contextmanager
    def _full_disk(self) -> Iterator[None]:
        hint = "run okamochi cache prune, or set OKAMOCHI_CACHE_DIR to a folder with more space"
        with storage_errors(self.root, hint=hint, only_full=True):
            yield

    def _blob_path(self, sha256: str) -> str:
        if SHA256.fullmatch(sha256) is None:
            raise ValueError(f"not a sha256 in lower-case hexadecimal: {sha256[:80]!r}")
        return f"{self.root}/blobs/sha256/{sha256[:2]}/{sha256}"

    def _record_path(self, kind: str, key: str) -> str:
        name = hashlib.sha256(key.encode()).hexdigest()
        return f"{self.root}/records/{checked_name(kind)}/{name[:2]}/{name}"

    def _folder_path(self, kind: str, key: str) -> str:
        safe = SAFE_NAME.fullmatch(key) is not None
        name = key if safe else hashlib.sha256(key.encode()).hexdigest()
        return f"{self.root}/folders/{checked_name(kind)}/{name}"


class Hashed(io.RawIOBase):
    """A file to write that counts and hashes what goes through, and cannot seek."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.sha256 = hashlib.sha256()
        self.size_bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        view = memoryview(cast(bytes, content)).cast("B")
        self.stream.write(view)
        self.sha256.update(view)
        self.size_bytes += view.nbytes
        return view.nbytes


def renamed(unfinished: str | Path, place: str) -> None:
    """Put it in its place in one step; the folders above are made when they are missed."""
    try:
        os.rename(unfinished, place)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.rename(unfinished, place)


def write_hashed(path: str, write: Callable[[BinaryIO], None]) -> tuple[str, int]:
    with open(path, "wb") as stream:
        hashed = Hashed(stream)
        write(cast(BinaryIO, hashed))
    return hashed.sha256.hexdigest(), hashed.size_bytes


def digest_of(path: str) -> str:
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def checked_name(name: str) -> str:
    if SAFE_NAME.fullmatch(name) is None:
        raise ValueError(f"not a plain lower-case name: {name[:80]!r}")
    return name


def not_as_announced(wanted: str, found: str, size_bytes: int) -> AlteredError:
    return AlteredError(
        "what was downloaded is not what was announced: its digest differs",
        where=f"sha256 {wanted[:12]}… expected, {found[:12]}… received ({size_bytes:,} bytes)",
        hint="the mirror or a proxy on the way changed or cut the file; try again, or use another mirror",
    )
