"""What an image's layers are made of as a folder to run in, without unpacking a layer: files of the cache get
a further name."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from okamochi.errors import OkamochiError
from okamochi.oci.entry import Entry, EntryKind, FileContent
from okamochi.run.host.unpack import give, make_mount_points

__all__ = ["NotLaid", "lay_out"]

# All that decides what the app may do with a file: nothing is written there.
READ_AND_EXECUTE = 0o555


@contextmanager
def replaced(path: str) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise NotLaid(
            f"/{path} takes the place of something else",
            where=f"/{path}",
            hint="such images are packed first and unpacked then",
        ) from error


class NotLaid(OkamochiError):
    """Entries that have to be packed and unpacked: a later one takes the place of an earlier one."""


def lay_out(layers: Iterable[Iterable[Entry]], root: Path, *, shared: Path) -> None:
    """All entries below the new folder `root`, to be read and not to be written: files below the folder
    `shared` are linked there. Links of the image come last, so that nothing is led out of the root.

    NotLaid where layers replace something of one another; OSError as the system says it."""
    laying = Laying(root, os.fspath(shared) + os.sep)
    for entries in layers:
        for entry in entries:
            laying.lay(entry)
    laying.finish()
    make_mount_points(root)


class Laying:
    """Folders are made once, and get their modes at the end: some cannot be written into."""

    def __init__(self, root: Path, shared: str) -> None:
        self.root = os.fspath(root)
        self.shared = shared
        self.folders: dict[str, Entry | None] = {"": None}
        self.links: list[Entry] = []
        self.as_root = os.geteuid() == 0

    def lay(self, entry: Entry) -> None:
        if entry.kind is EntryKind.DIRECTORY:
            self.folder(entry.path)
            self.folders[entry.path] = self.folders[entry.path] or entry
        elif entry.kind is EntryKind.FILE:
            self.folder(entry.path.rpartition("/")[0])
            self.file(entry)
        else:
            self.links.append(entry)

    def folder(self, path: str) -> None:
        if path in self.folders:
            return
        self.folder(path.rpartition("/")[0])
        with replaced(path):
            os.mkdir(self.place(path))  # noqa: PTH102
        self.folders[path] = None

    def file(self, entry: Entry) -> None:
        place = self.place(entry.path)
        content = entry.content
        if isinstance(content, FileContent) and self.can_be_shared(entry, content):
            with replaced(entry.path):
                os.link(content.path, place)
            return
        with replaced(entry.path), open(place, "xb") as stream:  # noqa: PTH123
            stream.write(content.read() if content is not None else b"")
            os.fchmod(stream.fileno(), entry.mode & 0o777)
        self.own(entry, place)

    def can_be_shared(self, entry: Entry, content: FileContent) -> bool:
        """Another name does not change whose a file is, and who may read it."""
        if entry.uid or entry.gid or not os.fspath(content.path).startswith(self.shared):
            return False
        return not (os.stat(content.path).st_mode ^ entry.mode) & READ_AND_EXECUTE  # noqa: PTH116

    def own(self, entry: Entry, place: str) -> None:
        if self.as_root and (entry.uid or entry.gid):
            give(place, entry.uid, entry.gid)

    def place(self, path: str) -> str:
        return f"{self.root}/{path}"

    def finish(self) -> None:
        for entry in self.links:
            self.folder(entry.path.rpartition("/")[0])
        for entry in self.links:
            self.link(entry)
        for path, folder in reversed(self.folders.items()):
            if folder is not None:
                self.own(folder, self.place(path))
            os.chmod(self.place(path), folder.mode & 0o1777 if folder is not None else 0o755)  # noqa: PTH101

    def link(self, entry: Entry) -> None:
        with replaced(entry.path):
            if entry.kind is EntryKind.SYMLINK:
                os.symlink(entry.target, self.place(entry.path))  # noqa: PTH211
            else:
                os.link(self.place(entry.target), self.place(entry.path), follow_symlinks=False)
