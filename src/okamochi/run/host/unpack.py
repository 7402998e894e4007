"""An image's layers as a folder: members stay inside it whatever their names and links say."""

import errno
import io
import os
import shutil
import stat
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from okamochi.errors import BuildError
from okamochi.oci.layer import OPAQUE, WHITEOUT
from okamochi.system.archive_damages import archive_damages
from okamochi.system.files import checked_path

if TYPE_CHECKING:
    from okamochi.oci.layer import Layer

__all__ = ["PieceReader", "give", "make_mount_points", "unpack_layer", "unpack_layers", "within"]

MOST_LINKS = 40
MOUNT_POINTS = ("proc", "dev", "tmp", "run/secrets", "etc")
MOUNT_FILES = ("etc/resolv.conf", "etc/hosts")


def unpack_layers(layers: "tuple[Layer, ...]", root: Path) -> None:
    """All layers, lowest first, and the places that are mounted over when it runs. BuildError for a member
    that is damaged or leads out of the root."""
    for layer in layers:
        stream = io.BufferedReader(PieceReader(layer.uncompressed()), buffer_size=1 << 20)
        unpack_layer(cast(BinaryIO, stream), root, archive=str(layer.descriptor.digest))
    make_mount_points(root)
    root.chmod(0o755)


def make_mount_points(root: Path) -> None:
    """What is mounted over when the image runs."""
    for name in MOUNT_POINTS:
        make_folders(within(root, name))
    for name in MOUNT_FILES:
        path = within(root, name)
        if not path.exists():
            path.touch()
            path.chmod(0o644)


def make_folders(path: Path) -> None:
    """The folder and those above it that are missing, for the image's user to enter whatever our umask is."""
    if not path.is_dir():
        make_folders(path.parent)
        path.mkdir(exist_ok=True)
        path.chmod(0o755)


def unpack_layer(stream: BinaryIO, root: Path, *, archive: str) -> None:
    """One uncompressed tar on top of what `root` holds; whiteouts remove (image-spec, layer.md)."""
    unpacking = Unpacking(root, archive)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                unpacking.unpack(tar, member)
    except archive_damages() as error:
        raise BuildError(
            f"a layer cannot be unpacked: {error}",
            where=archive,
            hint="it is damaged: okamochi cache clear, then build again",
        ) from error
    unpacking.finish()


class Unpacking:
    """Writes members below `root`. Folders are looked up once: members come folder by folder, and following
    each one's links anew took longer than writing the files."""

    def __init__(self, root: Path, archive: str) -> None:
        self.root = root.resolve()
        self.archive = archive
        self.folders: list[tuple[str, int]] = []
        self.places: dict[str, str] = {}
        self.as_root = os.geteuid() == 0

    def unpack(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        if member.name.strip("./") == "":
            return
        name = checked_path(member.name.removeprefix("./").rstrip("/"), archive=self.archive)
        folder, _, base = name.rpartition("/")
        parent = self.folder(folder)
        if base.startswith(WHITEOUT):
            self.forget_places()
            remove_hidden(Path(parent), base)
            return
        path = f"{parent}/{base}"
        self.make_room(path, member)
        self.write(tar, member, path)

    def folder(self, name: str) -> str:
        """Where that folder lies, made when it is missing."""
        place = self.places.get(name)
        if place is None:
            found = within(self.root, name)
            make_folders(found)
            place = self.places[name] = os.fspath(found)
        return place

    def forget_places(self) -> None:
        """After a change of what a path leads through."""
        self.places.clear()

    def make_room(self, path: str, member: tarfile.TarInfo) -> None:
        """Nothing is written through a link, or into a file of a lower layer."""
        try:
            mode = os.lstat(path).st_mode
        except FileNotFoundError:
            return
        if stat.S_ISDIR(mode) and member.isdir():
            return
        if not stat.S_ISREG(mode):
            self.forget_places()
        remove(Path(path))

    def write(self, tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
        if member.isdir():
            with suppress(FileExistsError):
                os.mkdir(path)  # noqa: PTH102
            self.folders.append((path, member.mode & 0o1777))
        elif member.issym():
            os.symlink(member.linkname, path)  # noqa: PTH211
            self.forget_places()
        elif member.islnk():
            name = checked_path(member.linkname.removeprefix("./"), archive=self.archive)
            self.link(within(self.root, name), path, member)
        elif member.isreg():
            write_member(tar, member, path)
        else:
            return  # devices and pipes: the engine brings its own /dev
        # Owners can be kept only by root; then volumes' folders belong to the runtime user.
        if self.as_root and (member.uid or member.gid):
            give(path, member.uid, member.gid)

    def link(self, target: Path, path: str, member: tarfile.TarInfo) -> None:
        try:
            os.link(target, path)
        except FileNotFoundError:
            raise tarfile.ReadError(f"{member.name!r} is a second name of what is not there") from None

    def finish(self) -> None:
        """Folders get their modes last: some cannot be written into. One that a later member took away, or
        put a link in the place of, gets none: nothing that the link leads to is the image's."""
        for path, mode in reversed(self.folders):
            if os.path.realpath(path) == path and os.path.isdir(path):  # noqa: PTH112
                os.chmod(path, mode)  # noqa: PTH101


def write_member(tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
    source = tar.extractfile(member)
    if source is None:
        return
    with source, open(path, "xb") as target:  # noqa: PTH123
        left = member.size
        while left:
            content = source.read(min(left, 1 << 20))
            if not content:
                raise tarfile.ReadError("unexpected end of data")
            target.write(content)
            left -= len(content)
        os.fchmod(target.fileno(), member.mode & 0o777)


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
            raise BuildError(
                f"{name} leads through more than {MOST_LINKS} links",
                where=str(root),
                hint="the image is damaged: choose another one",
            )
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


def give(path: str, user: int, group: int) -> None:
    """Root that may give nothing away (`docker run --cap-drop ALL`), or knows no such user in its namespace,
    cannot become that user either: the files stay its own."""
    try:
        os.chown(path, user, group, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EINVAL):
            raise
