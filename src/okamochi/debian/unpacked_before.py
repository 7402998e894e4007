"""What a tree in the cache was unpacked from: a tree of more packages takes that over, as further names of
the same files, and unpacks only the rest."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from okamochi.debian.deb import Control
from okamochi.debian.unpack import Row, claimed
from okamochi.model.lock import LockedDeb

__all__ = ["Before", "UnpackedPackage", "before_in", "write_packages"]

PACKAGES = "packages.msgpack"


class UnpackedPackage(msgspec.Struct, frozen=True, array_like=True):
    """`rows` are as unpacked, before any finisher."""

    sha256: str
    control: Control
    rows: tuple[Row, ...]


class Before(msgspec.Struct, frozen=True):
    """`finished` are the rows of the whole tree at `root`, by path: finishers take some files away."""

    root: Path
    packages: Mapping[str, UnpackedPackage]
    finished: Mapping[str, Row]

    def package(self, deb: LockedDeb) -> UnpackedPackage | None:
        """None where it was another one, or not all of it is there."""
        found = self.packages.get(deb.name)
        if found is None or found.sha256 != deb.sha256:
            return None
        return found if all(self.finished.get(row.path) == row for row in found.rows) else None

    def link(self, package: UnpackedPackage, root: Path) -> None:
        """Its files below the new root; BuildError where another package has one of the paths."""
        for row in package.rows:
            if row.kind != "f":
                continue
            place = root / row.path
            with claimed(place, row.owner.partition(":")[2]):
                place.parent.mkdir(parents=True, exist_ok=True)
                link_or_copy(self.root / row.path, place, row.mode)


def link_or_copy(source: Path, place: Path, mode: int) -> None:
    """A copy where the file system knows no second names, or no more of them."""
    try:
        os.link(source, place)
    except FileExistsError:
        raise
    except OSError:
        with source.open("rb") as content, place.open("xb") as copy:
            shutil.copyfileobj(content, copy)
            os.fchmod(copy.fileno(), mode)


def write_packages(folder: Path, packages: Mapping[str, UnpackedPackage]) -> None:
    (folder / PACKAGES).write_bytes(msgspec.msgpack.encode(packages))


def before_in(folder: Path, root: Path, rows: tuple[Row, ...]) -> Before:
    packages = msgspec.msgpack.decode((folder / PACKAGES).read_bytes(), type=dict[str, UnpackedPackage])
    return Before(root, packages, {row.path: row for row in rows})
