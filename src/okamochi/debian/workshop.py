"""The root in which source code is compiled: a suite's compilers, headers and small programs, unpacked with
nothing left out. It never becomes part of an image."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from okamochi.debian.apt_proxy import through_apt_proxy
from okamochi.debian.archives import Archive, find_archives, in_threads, index
from okamochi.debian.contents import Contents
from okamochi.debian.fetch import THREADS, fetch_deb, require_cached
from okamochi.debian.installed import closure
from okamochi.debian.resolve import Universe
from okamochi.debian.sources import APT_FOLDER, find_mirrors
from okamochi.debian.unpack import MERGED_FOLDERS, Row, make_links, unpack
from okamochi.model.lock import LockedDeb
from okamochi.model.suites import Suite
from okamochi.oci.platform import Platform
from okamochi.system.clock import utc_now
from okamochi.system.files import confined
from okamochi.system.world import World

__all__ = ["MOUNT_POINTS", "ORDINARY", "PROGRAMS", "Workshop", "ordinary_links", "unpacked_beside"]

KIND = "workshops"
FORMAT = "1"
# Owner of what no package has.
ORDINARY = "workshop"
MOUNT_POINTS = ("proc", "dev", "tmp", "build", "opt/venv")
# A system always has these ("Essential: yes"), so no package says that it needs them.
# fmt: off
PROGRAMS: Final[tuple[str, ...]] = (
    "bash", "binutils", "coreutils", "dash", "debianutils", "diffutils", "file", "findutils", "g++", "gawk",
    "gcc", "grep", "gzip", "hostname", "libc-dev-bin", "libc6-dev", "libcrypt1", "m4", "make", "patch",
    "perl-base", "pkg-config", "sed", "tar",
)
# fmt: on
# base-files links the merged folders, as `ordinary_links` does
MERGED = frozenset(f"usr/{name}" for name in MERGED_FOLDERS)
NOT_NEEDED = ("usr/share/doc/", "usr/share/man/", "usr/share/locale/", "usr/share/info/")


@dataclass
class Workshop:
    """For one suite and platform; the archive is asked once."""

    world: World
    suite: Suite
    platform: Platform
    apt_folder: Path = field(default=APT_FOLDER)

    @cached_property
    def archives(self) -> tuple[Archive, ...]:
        mirrors = find_mirrors(self.world.environ, self.apt_folder)
        return find_archives(
            through_apt_proxy(self.world, self.apt_folder), self.suite, mirrors, (), utc_now()
        )

    @cached_property
    def universe(self) -> Universe:
        return Universe(
            in_threads(lambda one: index(self.world, one, self.platform), self.archives), self.suite.name
        )

    @cached_property
    def contents(self) -> Contents:
        world = through_apt_proxy(self.world, self.apt_folder)
        return Contents(world, self.archives, self.platform.debian_architecture)

    @property
    def python(self) -> str:
        """Where the interpreter lies in the root."""
        return f"/usr/bin/{self.suite.python_package}"

    def closure(self, packages: tuple[str, ...]) -> tuple[LockedDeb, ...]:
        """What these packages need at run time, as for an image."""
        return tuple(package.locked() for package in closure(self.universe, packages))

    def root(self, packages: tuple[str, ...]) -> Path:
        """The root with compilers and these packages; made once, and then of the cache: not to be changed."""
        python = self.suite.python_package
        extras = (*self.suite.python_extras, "python3-lib2to3") if self.suite.python_extras else ()
        usual = (*PROGRAMS, f"{python}-dev", python, *extras)
        common = self.closure(usual)
        base = self._made(common, "Workshop: compilers and headers", None)
        if not packages:
            return base
        debs = self.closure((*usual, *packages))
        return self._made(debs, f"Workshop: {', '.join(packages)}", (base, frozenset(common)))

    def small_root(self) -> Path:
        """A root with Python and a shell: enough for a package that compiles nothing."""
        usual = ("coreutils", "dash", self.suite.python_package, *self.suite.python_extras)
        return self._made(self.closure(usual), "Workshop: Python alone", None)

    def server_root(self, packages: tuple[str, ...], title: str) -> Path:
        """A root with these packages and what they need."""
        return self._made(self.closure(packages), title, None)

    @staticmethod
    def hold(world: World, root: Path, *, pid: int) -> None:
        """Keeps a root in the cache while that process runs."""
        world.cache.hold_folder(KIND, root.parents[1].name, pid=pid)

    def _made(
        self, debs: tuple[LockedDeb, ...], title: str, below: tuple[Path, frozenset[LockedDeb]] | None
    ) -> Path:
        key = hashlib.sha256("\n".join([FORMAT, *(deb.sha256 for deb in debs)]).encode()).hexdigest()

        def make(folder: Path) -> None:
            root = folder / "root"
            further = debs
            if below is not None:
                shutil.copytree(below[0], root, symlinks=True, copy_function=os.link)
                further = tuple(deb for deb in debs if deb not in below[1])
            with self.world.reporter.step(f"{title} ({len(further)} packages)"):
                fill(through_apt_proxy(self.world, self.apt_folder), further, folder, root, self.apt_folder)
            for name in MOUNT_POINTS:
                (root / name).mkdir(parents=True, exist_ok=True)

        return self.world.cache.folder(KIND, key, make) / "root"


def fill(world: World, debs: Sequence[LockedDeb], folder: Path, root: Path, apt_folder: Path) -> None:
    """Packages unpacked beside the root, then moved into it: files first, links last."""
    beside = folder / "beside"
    root.mkdir(exist_ok=True)
    found = unpacked_beside(world, debs, beside, apt_folder)
    for row in found.values():
        if row.kind == "f":
            place = confined(root, row.path, archive=row.owner)
            place.parent.mkdir(parents=True, exist_ok=True)
            (beside / row.path).replace(place)
    links = [row for row in found.values() if row.kind == "l" and not os.path.lexists(root / row.path)]
    links += [row for row in ordinary_links(found) if not os.path.lexists(root / row.path)]
    make_links(root, links)
    shutil.rmtree(beside)


def unpacked_beside(
    world: World, debs: Sequence[LockedDeb], beside: Path, apt_folder: Path = APT_FOLDER
) -> dict[str, Row]:
    """Packages fetched and unpacked into the new folder `beside`, without links; their rows by path."""
    require_cached(world, debs)
    mirrors = find_mirrors(world.environ, apt_folder)
    beside.mkdir()

    def one(deb: LockedDeb) -> tuple[Row, ...]:
        return unpack(fetch_deb(world, deb, mirrors, ""), beside, deb.name, kept=is_needed)

    with ThreadPoolExecutor(THREADS) as pool:
        unpacked = list(pool.map(one, sorted(debs, key=lambda deb: (-deb.size_bytes, deb.name))))
    return {row.path: row for rows in unpacked for row in rows}


def ordinary_links(found: dict[str, Row]) -> list[Row]:
    """What maintainer scripts would link: merged folders, the shell, the compilers' plain names."""
    merged = (name for name in ("bin", "lib", "lib64", "sbin") if name not in found)
    folders = [Row(name, "l", 0o777, ORDINARY, target=f"usr/{name}") for name in merged]
    wanted = {"usr/bin/sh": "dash", "usr/bin/cc": "gcc", "usr/bin/c++": "g++", "usr/bin/awk": "gawk"}
    programs = [
        Row(path, "l", 0o777, ORDINARY, target=target)
        for path, target in wanted.items()
        if path not in found and f"usr/bin/{target}" in found
    ]
    return [*folders, *programs] if "usr/bin/dash" in found else programs


def is_needed(_: str, path: str) -> bool:
    return not path.startswith(NOT_NEEDED) and path not in MERGED
