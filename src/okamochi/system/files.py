"""Paths that stay where they belong, and files that are written whole or not at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from okamochi.errors import BuildError, OkamochiError, UsageError
from okamochi.system.unique import unique_file

__all__ = ["StorageError", "checked_path", "confined", "require_file_place", "storage_errors", "write_atomic"]

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
TOO_LARGE = frozenset({errno.EFBIG})
READ_ONLY = frozenset({errno.EROFS})
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})
NOT_A_FOLDER = frozenset({errno.ENOTDIR, errno.EEXIST, errno.ENOENT, errno.ENAMETOOLONG, errno.ELOOP})


class StorageError(OkamochiError):
    """A file or folder cannot be written: disk full, quota, read-only file system, permission."""


def checked_path(name: str, *, archive: str) -> str:
    """`name` as a relative, normalised POSIX path ("./usr//bin/" is "usr/bin").

    BuildError, naming the archive and the member, for an absolute name, "..", NUL or nothing at all.
    """
    if name.startswith("/"):
        raise _escapes(name, archive, "is absolute")
    if "\0" in name:
        raise _escapes(name, archive, "has a NUL character")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise _escapes(name, archive, "climbs out with '..'")
    if not parts:
        raise _escapes(name, archive, "is empty")
    return "/".join(parts)


def confined(root: Path, name: str, *, archive: str) -> Path:
    """`root / name`, after `checked_path`, with no symbolic link among the folders below `root`.

    The last part may be a link, which the caller replaces or leaves; nothing is followed here.
    """
    parts = checked_path(name, archive=archive).split("/")
    path = root
    for part in parts[:-1]:
        path = path / part
        if path.is_symlink():
            raise _escapes(name, archive, f"goes through the symbolic link {part!r}")
    return path / parts[-1]


def _escapes(name: str, archive: str, reason: str) -> BuildError:
    return BuildError(
        f"a member of the archive {reason}: {name[:200]!r}",
        where=archive,
        hint="the archive is damaged or hostile; get it again from a source that you trust",
    )


def require_file_place(path: Path, *, option: str) -> None:
    """UsageError unless a file can be put at `path`, or replaced there: what is renamed onto a device such as
    /dev/null would take its place, for all programs. Nor is "-" a name: stdout, which it means elsewhere, is
    for the answer."""
    if path.name == "-":
        raise UsageError(
            f"{path} names no file, and stdout is for the answer", where=option, hint="name a file"
        )
    if not path.parent.is_dir():
        raise UsageError(
            f"there is no folder {path.parent}", where=option, hint="make it, or name another file"
        )
    if path.exists() and not path.is_file():
        raise UsageError(
            f"{path} is a folder or a device, not a file",
            where=option,
            hint="name a file that is not there yet, or one to be replaced",
        )


def write_atomic(path: Path, content: bytes, *, mode: int = 0o644, durable: bool = True) -> None:
    """Write `content` to `path` so that readers see the old file or the new one, also after a power cut; not
    after that one when it need not be `durable`, since whoever reads it verifies it.

    Makes the parent folders. StorageError when the disk is full or the place cannot be written.
    """
    with storage_errors(path, hint=f"make {path.parent} writable, or free some space there"):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = unique_file(path.parent, f".{path.name[:100]}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fchmod(stream.fileno(), mode)
                if durable:
                    os.fsync(stream.fileno())
            Path(name).rename(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise


@contextmanager
def storage_errors(path: Path, *, hint: str, full_hint: str = "", only_full: bool = False) -> Iterator[None]:
    """Turn what the operating system says about `path` into a StorageError with `hint`.

    `full_hint` replaces the hint when space is what lacks. `only_full` leaves permission errors alone: they
    may be about another file. Errors of other kinds pass.
    """
    try:
        yield
    except OSError as error:
        reason = _reason(error, only_full=only_full)
        if not reason:
            raise
        lacks_space = error.errno in FULL | TOO_LARGE
        raise StorageError(
            reason, where=os.fspath(path), hint=full_hint if lacks_space and full_hint else hint
        ) from error


def _reason(error: OSError, *, only_full: bool) -> str:
    number = error.errno
    if number in FULL:
        return "the disk is full" if number == errno.ENOSPC else "the disk quota is used up"
    if number in TOO_LARGE:
        return "the file would be larger than this system or its limits allow"
    if number in READ_ONLY:
        return "the file system is read-only"
    if only_full:
        return ""
    if number in FORBIDDEN:
        return "no permission to write here"
    if number in NOT_A_FOLDER:
        return f"cannot be written: {error.strerror}"
    return ""
