"""Where source code is compiled for a base image: in the image itself, with compilers of its suite."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from okamochi.debian.apt_proxy import through_apt_proxy
from okamochi.debian.archives import resolve_added
from okamochi.debian.contents import Contents
from okamochi.debian.sources import APT_FOLDER
from okamochi.debian.workshop import (
    MOUNT_POINTS,
    ORDINARY,
    PROGRAMS,
    Workshop,
    ordinary_links,
    unpacked_beside,
)
from okamochi.errors import BuildError
from okamochi.model.lock import LockedDeb
from okamochi.model.suites import Suite
from okamochi.oci.platform import Platform
from okamochi.run.host.unpack import within
from okamochi.system.world import World
from okamochi.workflows.layers.base_image import BaseImage

__all__ = ["ImageWorkshop", "make_real"]

KIND = "image-workshops"
FORMAT = "1"


@dataclass
class ImageWorkshop:
    """As `okamochi.debian.workshop.Workshop` is for Debian's own Pythons: the same C library as the image's,
    the image's Python with the headers that it brings."""

    world: World
    base: BaseImage
    suite: Suite
    platform: Platform
    version: str

    @cached_property
    def contents(self) -> Contents:
        return Workshop(self.world, self.suite, self.platform).contents

    @property
    def python(self) -> str:
        return f"/{self.base.python(self.version)}"

    def root(self, packages: tuple[str, ...]) -> Path:
        """The image with compilers and these packages; made once, and then of the cache: not to be changed.

        BuildError when neither the image nor its suite has the headers of its Python."""
        headers = self.headers()
        title = f"Workshop: {', '.join(packages) or 'compilers'} on {self.base.locked.name}"
        return self._made((*PROGRAMS, *headers, *packages), title)

    def small_root(self) -> Path:
        """The image alone: enough for a package that compiles nothing."""
        return self._made((), f"Workshop: {self.base.locked.name}")

    def headers(self) -> tuple[str, ...]:
        """Packages that bring the headers: none where the image has them beside its Python."""
        prefix = PurePosixPath(self.python).parent.parent
        place = self.base.place(f"{prefix}/include/python{self.version}/Python.h")
        if place.is_file():
            return ()
        if str(prefix) == "/usr" and self.suite.python_version == self.version:
            return (f"{self.suite.python_package}-dev", *self.suite.python_extras)
        raise BuildError(
            f"the image {self.base.locked.name} has no headers of its Python {self.version}, "
            "so that nothing can be compiled for it",
            where="base.image",
            hint=f"choose a base with them, such as python:{self.version}-slim ([tool.okamochi] base)",
        )

    def _made(self, packages: Sequence[str], title: str) -> Path:
        debs = self._debs(packages)
        names = [FORMAT, self.base.locked.manifest, *(deb.sha256 for deb in debs)]
        key = hashlib.sha256("\n".join(names).encode()).hexdigest()

        def make(folder: Path) -> None:
            root = folder / "root"
            with self.world.reporter.step(f"{title} ({len(debs)} packages)"):
                shutil.copytree(self.base.root, root, symlinks=True, copy_function=os.link)
                lay(through_apt_proxy(self.world, APT_FOLDER), debs, folder / "beside", root)
            for name in MOUNT_POINTS:
                make_real(root, name)

        return self.world.cache.folder(KIND, key, make) / "root"

    def _debs(self, packages: Sequence[str]) -> tuple[LockedDeb, ...]:
        if not packages:
            return ()
        found = resolve_added(
            self.world,
            suite=self.suite.name,
            platform=self.platform,
            packages=tuple(packages),
            installed=self.base.packages,
        )
        return found.debs


def lay(world: World, debs: Sequence[LockedDeb], beside: Path, root: Path) -> None:
    """Packages unpacked beside the image's files, then moved over them. Files of the image are replaced,
    never written into: they are the cache's."""
    found = unpacked_beside(world, debs, beside)
    for row in (*found.values(), *ordinary_links(found)):
        folder, _, name = row.path.rpartition("/")
        parent = within(root, folder)
        parent.mkdir(parents=True, exist_ok=True)
        place = parent / name
        if place.is_dir() and not place.is_symlink():
            continue
        if row.kind == "f":
            (beside / row.path).replace(place)
        elif row.owner != ORDINARY or not os.path.lexists(place):
            place.unlink(missing_ok=True)
            place.symlink_to(row.target)
    shutil.rmtree(beside)


def make_real(root: Path, name: str) -> None:
    """A folder to mount on: a link there would lead the mount out of the root."""
    place = root
    for part in name.split("/"):
        place = place / part
        if os.path.lexists(place) and (place.is_symlink() or not place.is_dir()):
            place.unlink()
        place.mkdir(exist_ok=True)
