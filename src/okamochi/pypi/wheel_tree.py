"""One installed wheel as files on disk and entries of an image."""

from functools import cached_property
from pathlib import Path

import msgspec

from okamochi.errors import BuildError
from okamochi.model.lock import LockedWheel
from okamochi.model.plan import VENV_ROOT
from okamochi.oci.entry import Entry, EntryKind, FileContent, directory

__all__ = ["FILES_FOLDER", "TreeFile", "WheelTree", "write_index"]

INDEX_NAME = "files.json"
FILES_FOLDER = "files"


class TreeFile(msgspec.Struct, frozen=True, array_like=True):
    """`path` is relative to the virtual environment: "lib/python3.13/site-packages/flask/app.py"."""

    path: str
    mode: int
    size_bytes: int


class WheelTree(msgspec.Struct, frozen=True, dict=True):
    """A wheel as it lies in the image below /opt/venv. `root` is its folder in the cache, not to be changed.

    `left_out` are paths that another wheel of the same image provides in its stead.
    """

    wheel: LockedWheel
    root: Path
    left_out: tuple[str, ...] = ()

    @property
    def owner(self) -> str:
        return f"wheel:{self.wheel.name}"

    @cached_property
    def files(self) -> tuple[TreeFile, ...]:
        """Sorted by path; without those left out."""
        dropped = frozenset(self.left_out)
        return tuple(found for found in read_index(self.root) if found.path not in dropped)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Files and all folders above them, sorted by path; no link, nothing compiled."""
        venv = VENV_ROOT.strip("/")
        files = [
            Entry(
                f"{venv}/{found.path}",
                EntryKind.FILE,
                found.mode,
                self.owner,
                content=FileContent(self.root / FILES_FOLDER / found.path, found.size_bytes),
            )
            for found in self.files
        ]
        folders: set[str] = set()
        for entry in files:
            parent = entry.path.rpartition("/")[0]
            while parent and parent not in folders:
                folders.add(parent)
                parent = parent.rpartition("/")[0]
        made = [directory(path, self.owner) for path in folders]
        return tuple(sorted((*files, *made), key=lambda entry: entry.path))

    @property
    def size_bytes(self) -> int:
        return sum(found.size_bytes for found in self.files)


def write_index(root: Path, files: tuple[TreeFile, ...]) -> None:
    (root / INDEX_NAME).write_bytes(msgspec.json.encode(sorted(files, key=lambda found: found.path)))


def read_index(root: Path) -> tuple[TreeFile, ...]:
    """BuildError when the cache's folder is damaged."""
    try:
        return msgspec.json.decode((root / INDEX_NAME).read_bytes(), type=tuple[TreeFile, ...])
    except (OSError, msgspec.DecodeError) as problem:
        raise BuildError(
            f"the cached wheel in {root} is damaged: {problem}",
            where=str(root),
            hint="remove it with okamochi cache clear, then build again",
        ) from problem
