"""An image's layers as a folder: members stay inside it whatever their names and links say."""

import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from okamochi.errors import BuildError
from okamochi.system.files import checked_path

if TYPE_CHECKING:
    from okamochi.oci.layer import Layer

__all__ = ["unpack_layer", "unpack_layers", "within"]

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
MOST_LINKS = 40
MOUNT_POINTS = ("proc", "dev", "tmp", "run/secrets", "etc")
MOUNT_FILES = ("etc/resolv.conf", "etc/hosts")


def unpack_layers(layers: "tuple[Layer, ...]", root: Path) -> None:
    """All layers, lowest first, and the places that are mounted over when it runs. BuildError for a member
    that is damaged or leads out of the root."""
    for layer in layers:
        stream = io.BufferedReader(PieceReader(layer.uncompressed()), buffer_size=1 << 20)
        unpack_layer(cast(BinaryIO, stream), root, archive=str(layer.descriptor.digest))
    for name in MOUNT_POINTS:
        within(root, name).mkdir(parents=True, exist_ok=True)
    for name in MOUNT_FILES:
        within(root, name).touch()


def unpack_layer(stream: BinaryIO, root: Path, *, archive: str) -> None:
    """One uncompressed tar on top of what `root` holds; whiteouts remove (image-spec, layer.md)."""
    folders: list[tuple[Path, int]] = []
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                unpack_member(tar, member, root, archive, folders)
    except tarfile.TarError as error:
        raise BuildError(
            f"a layer cannot be unpacked: {error}",
            where=archive,
            hint="it is damaged: okamochi cache clear, then build again",
        ) from error
    for path, mode in reversed(folders):
        path.chmod(mode)


def unpack_member(
    tar: tarfile.TarFile,
    member: tarfile.TarInfo,
    root: Path,
    archive: str,
    folders: list[tuple[Path, int]],
) -> None:
    if member.name.strip("./") == "":
        return
    name = checked_path(member.name.removeprefix("./").rstrip("/"), archive=archive)
    folder, _, base = name.rpartition("/")
    parent = within(root, folder)
    parent.mkdir(parents=True, exist_ok=True)
    path = parent / base
    if base.startswith(WHITEOUT):
        remove_hidden(parent, base)
        return
    if path.is_symlink() or (path.exists() and not (member.isdir() and path.is_dir())):
        remove(path)
    if member.isdir():
        path.mkdir(exist_ok=True)
        folders.append((path, member.mode & 0o1777))
    elif member.issym():
        path.symlink_to(member.linkname)
    elif member.islnk():
        os.link(within(root, checked_path(member.linkname.removeprefix("./"), archive=archive)), path)
    elif member.isreg():
        write_member(tar, member, path)
    else:
        return  # devices and pipes: the engine brings its own /dev
    own(path, member)


def write_member(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source = tar.extractfile(member)
    if source is None:
        return
    with source, path.open("xb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    path.chmod(member.mode & 0o777)


def own(path: Path, member: tarfile.TarInfo) -> None:
    """Owners can be kept only by root; then volumes' folders belong to the runtime user."""
    if os.geteuid() == 0 and (member.uid or member.gid):
        os.chown(path, member.uid, member.gid, follow_symlinks=False)


def within(root: Path, name: str) -> Path:
    """`name` below the root as a process whose root it is would find it: links are followed inside it."""
    pending = [part for part in reversed(name.split("/")) if part]
    place: list[str] = []
    links = 0
    while pending:
        part = pending.pop()
        if part == ".":
            continue
        if part == "..":
            place = place[:-1]
            continue
        path = root.joinpath(*place, part)
        if not path.is_symlink():
            place.append(part)
            continue
        links += 1
        if links > MOST_LINKS:
            raise BuildError(f"too many links at {name}", where=str(root), hint="the image is damaged")
        target = str(path.readlink())
        if target.startswith("/"):
            place = []
        pending.extend(part for part in reversed(target.split("/")) if part)
    return root.joinpath(*place)


def remove_hidden(parent: Path, base: str) -> None:
    if base == OPAQUE:
        for path in tuple(parent.iterdir()):
            remove(path)
        return
    name = base.removeprefix(WHITEOUT)
    if name not in ("", ".", ".."):
        remove(parent / name)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
        return
    with suppress(FileNotFoundError):
        path.unlink()


class PieceReader(io.RawIOBase):
    """A stream over pieces of bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, target: object) -> int:
        view = memoryview(cast(bytearray, target))
        while not self.left:
            piece = next(self.pieces, None)
            if piece is None:
                return 0
            self.left = memoryview(piece)
        length = min(len(view), len(self.left))
        view[:length] = self.left[:length]
        self.left = self.left[length:]
        return length
