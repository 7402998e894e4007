"""A package's files onto the disk, without running anything, as rows that tell what an image gets.

While packages are unpacked, by several threads into one folder, only directories and regular files are made:
no symbolic link exists, so nothing can be led out of the folder. Links are made at the end (`make_links`).
"""

import os
import posixpath
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Literal

import msgspec

from okamochi.debian.deb import open_data
from okamochi.debian.trims import is_kept
from okamochi.errors import BuildError
from okamochi.system.files import checked_path, confined

__all__ = ["MERGED_FOLDERS", "Row", "claimed", "make_links", "unpack", "within_usr"]

MERGED_FOLDERS = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
MEMBERS_LIMIT = 200_000
SIZE_LIMIT_BYTES = 4_000_000_000
CHUNK_BYTES = 1 << 20
HINT = "the package is damaged or hostile: report it to its archive"


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One path of the image. `kind` is "f" (file), "l" (symbolic link) or "d" (directory)."""

    path: str
    kind: Literal["f", "l", "d"]
    mode: int
    owner: str
    size_bytes: int = 0
    target: str = ""


def within_usr(path: str) -> str:
    """Where a path lies in a merged-usr system: bin/x is usr/bin/x."""
    return f"usr/{path}" if path.split("/", 1)[0] in MERGED_FOLDERS else path


def unpack(
    deb: Path, root: Path, package: str, *, kept: Callable[[str, str], bool] = is_kept
) -> tuple[Row, ...]:
    """Writes what an image needs of a package below `root`; rows of files and links, in the package's order.
    `kept` says of another purpose what it needs, by package and path.

    BuildError for paths that lead out, devices, and packages of absurd size."""
    with open_data(deb, package) as archive:
        return tuple(rows(archive, root, package, kept))


def rows(
    archive: tarfile.TarFile, root: Path, package: str, kept: Callable[[str, str], bool]
) -> Iterator[Row]:
    size_bytes = 0
    for count, member in enumerate(archive):
        size_bytes += member.size
        if count > MEMBERS_LIMIT or size_bytes > SIZE_LIMIT_BYTES:
            raise BuildError("the package unpacks to an absurd size", where=package, hint=HINT)
        if member.isdir():
            continue
        path = within_usr(checked_path(member.name, archive=package))
        if not kept(package, path) or path in MERGED_FOLDERS:
            continue
        yield row(archive, member, path, root, package)


def row(archive: tarfile.TarFile, member: tarfile.TarInfo, path: str, root: Path, package: str) -> Row:
    owner = f"deb:{package}"
    if member.issym():
        return Row(path, "l", 0o777, owner, target=checked_target(member, package))
    # Set-user-id bits never reach an image: processes run with no-new-privileges.
    mode = 0o755 if member.mode & stat.S_IXUSR else 0o644
    if member.isreg():
        stream = archive.extractfile(member)
        assert stream is not None
        write_new(root / path, stream, mode, package)
        return Row(path, "f", mode, owner, member.size)
    if member.islnk():
        return hard_link(within_usr(checked_path(member.linkname, archive=package)), path, root, package)
    raise BuildError(f"the package has a device or pipe: {member.name!r}", where=package, hint=HINT)


def checked_target(member: tarfile.TarInfo, package: str) -> str:
    if not member.linkname or "\0" in member.linkname:
        raise BuildError(f"the link {member.name!r} leads nowhere", where=package, hint=HINT)
    return member.linkname


def write_new(path: Path, stream: IO[bytes], mode: int, package: str) -> None:
    """Never writes over a file: two packages with one path are an error, as they are for dpkg."""
    with claimed(path, package):
        handle = open_new(path, mode)
    with os.fdopen(handle, "wb", buffering=0) as out:
        while chunk := stream.read(CHUNK_BYTES):
            out.write(chunk)
        os.fchmod(handle, mode)


def open_new(path: Path, mode: int) -> int:
    """Most files lie in a folder that is there already, so that is tried first."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        return os.open(path, flags, mode)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, mode)


class claimed:
    """Turns "the path is taken" into a BuildError that names the path and the package."""

    def __init__(self, path: Path, package: str) -> None:
        self.path, self.package = path, package

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, failure: BaseException | None, trace: object) -> None:
        if isinstance(failure, (FileExistsError, NotADirectoryError, IsADirectoryError)):
            raise BuildError(
                f"another package has the path {self.path.name!r} already",
                where=f"{self.package}: {self.path}",
                hint="leave one of the two packages out of tool.okamochi.packages",
            ) from failure


def hard_link(target: str, path: str, root: Path, package: str) -> Row:
    """A second name of a file: a file of its own in the image, sharing its bytes on the disk."""
    if not (root / target).is_file():
        raise BuildError(
            f"{path!r} is a hard link to {target!r}, which is not there", where=package, hint=HINT
        )
    with claimed(root / path, package):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        os.link(root / target, root / path)
    found = (root / path).stat()
    return Row(path, "f", stat.S_IMODE(found.st_mode), f"deb:{package}", found.st_size)


def make_links(root: Path, links: Iterable[Row]) -> None:
    """Makes the links on the disk. There, unlike in the image, all are relative: none leads out of `root`.

    BuildError for a link in a folder that is itself a link: from there, it would lead elsewhere."""
    for link in links:
        place = confined(root, link.path, archive=link.owner)
        with claimed(place, link.owner):
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.is_symlink() and str(place.readlink()) == inside(link.path, link.target):
                continue
            place.symlink_to(inside(link.path, link.target))


def inside(path: str, target: str) -> str:
    folder = "/" + posixpath.dirname(path)
    absolute = posixpath.normpath(posixpath.join(folder, target))
    return posixpath.relpath("/" + absolute.lstrip("/"), folder)
