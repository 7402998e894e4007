"""From locked packages to a root file system: fetched, unpacked, finished, kept in the cache as files."""

import os
import re
import stat
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from okamochi.debian import finishers, maintainer_scripts
from okamochi.debian.apt_proxy import through_apt_proxy
from okamochi.debian.deb import Control, read_control
from okamochi.debian.fetch import THREADS, fetch_deb, require_cached
from okamochi.debian.finishers import FINISHERS, Changes, Finisher, Unpacked
from okamochi.debian.rules import tree_key
from okamochi.debian.sources import APT_FOLDER, Mirrors, find_mirrors
from okamochi.debian.trims import is_kept
from okamochi.debian.unpack import Row, make_links, unpack
from okamochi.debian.unpacked_before import Before, UnpackedPackage, before_in, write_packages
from okamochi.errors import BuildError
from okamochi.model.lock import LockedDeb
from okamochi.oci.entry import Entry, EntryKind, FileContent
from okamochi.oci.platform import Platform
from okamochi.system.files import confined
from okamochi.system.world import World

__all__ = [
    "KIND",
    "TREE",
    "BaseTree",
    "base_tree",
    "controls_of",
    "finished",
    "rows_of",
    "tree_in",
    "unpacked_packages",
    "with_folders",
    "write_rows",
]

KIND = "roots"
TREE = "root"
ROWS = "rows.msgpack"
# Each is said once; and a blank line would begin a second package.
IDENTITY = re.compile(
    r"^(package|version|architecture)[ \t]*:[ \t]*(.*?)[ \t\r]*$", re.IGNORECASE | re.MULTILINE
)
BLANK_LINE = re.compile(r"^[ \t\r]*\n", re.MULTILINE)
KINDS = {"f": EntryKind.FILE, "l": EntryKind.SYMLINK, "d": EntryKind.DIRECTORY}


@dataclass(frozen=True)
class Component:
    """A package in the image: its name, version, and sha256 (hexadecimal) of the .deb."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class BaseTree:
    """A root file system, as files below `root` and as entries of an image (sorted by path, parents first).

    On the disk, symbolic links are relative, so that the root can be used without chroot; entries have the
    packages' own targets. `key` changes when anything in it may. `python` is a path relative to the root, ""
    when there is none. `glibc_version` ("2.41") decides which wheels run."""

    root: Path
    entries: tuple[Entry, ...]
    key: str
    python: str
    glibc_version: str
    components: tuple[Component, ...]


def base_tree(
    world: World,
    debs: Sequence[LockedDeb],
    platform: Platform,
    *,
    snapshot: str = "",
    apt_folder: Path = APT_FOLDER,
    near: BaseTree | None = None,
) -> BaseTree:
    """The tree of these packages; made once, then read from the cache in milliseconds.

    `snapshot` is the lock's instant, at which the snapshot archive has what mirrors no longer have. What a
    tree that is `near` has of the packages is not unpacked again."""
    key = tree_key(debs, platform)

    def make(folder: Path) -> None:
        root = folder / TREE
        root.mkdir()
        mirrors = find_mirrors(world.environ, apt_folder)
        reached = through_apt_proxy(world, apt_folder)
        before = before_of(near) if near is not None else None
        packages = unpacked_packages(reached, tuple(sorted(debs)), root, mirrors, snapshot, before=before)
        maintainer_scripts.require_reviewed(controls_of(packages))
        write_rows(folder, finished(root, rows_of(packages), controls_of(packages), platform))
        write_packages(folder, packages)

    return tree_in(world.cache.folder(KIND, key, make), key, debs)


def tree_in(folder: Path, key: str, debs: Sequence[LockedDeb]) -> BaseTree:
    """The tree that a folder of the cache holds."""
    rows = rows_in(folder)
    return BaseTree(
        root=folder / TREE,
        entries=tuple(entry(row, folder / TREE) for row in rows),
        key=key,
        python=next((row.path for row in rows if is_python(row.path)), ""),
        glibc_version=glibc_version(debs),
        components=tuple(Component(deb.name, deb.version, deb.sha256) for deb in sorted(debs)),
    )


def before_of(tree: BaseTree) -> Before:
    folder = tree.root.parent
    return before_in(folder, tree.root, rows_in(folder))


def unpacked_packages(
    world: World,
    debs: Sequence[LockedDeb],
    root: Path,
    mirrors: Mirrors,
    snapshot: str,
    *,
    whole: Collection[str] = (),
    before: Before | None = None,
) -> dict[str, UnpackedPackage]:
    """Fetched, verified and unpacked, by name, sorted. Of those that are `whole`, nothing is left out. What
    was unpacked `before` is linked."""
    require_cached(world, debs)
    from concurrent.futures import ThreadPoolExecutor

    # more wait for the network at once than can unpack at once
    unpacking = threading.Semaphore(os.cpu_count() or 1)

    def one(deb: LockedDeb) -> UnpackedPackage:
        known = before.package(deb) if before is not None else None
        if before is not None and known is not None:
            before.link(known, root)
            return known
        path = fetch_deb(world, deb, mirrors, snapshot)
        kept = everything if deb.name in whole else is_kept
        with unpacking:
            control = read_control(path)
            require_same(deb, control)
            return UnpackedPackage(deb.sha256, control, unpack(path, root, deb.name, kept=kept))

    # the largest first: unpacking it is the longest piece of work that cannot be divided
    by_size = sorted(debs, key=lambda deb: (-deb.size_bytes, deb.name))
    with ThreadPoolExecutor(THREADS) as pool:
        found = dict(zip((deb.name for deb in by_size), pool.map(one, by_size), strict=True))
    return dict(sorted(found.items()))


def controls_of(packages: Mapping[str, UnpackedPackage]) -> tuple[tuple[str, Control], ...]:
    return tuple((name, package.control) for name, package in packages.items())


def rows_of(packages: Mapping[str, UnpackedPackage]) -> list[Row]:
    return [row for package in packages.values() for row in package.rows]


def everything(_package: str, _path: str) -> bool:
    return True


def rows_in(folder: Path) -> tuple[Row, ...]:
    return msgspec.msgpack.decode((folder / ROWS).read_bytes(), type=tuple[Row, ...])


def write_rows(folder: Path, rows: Sequence[Row]) -> None:
    (folder / ROWS).write_bytes(msgspec.msgpack.encode(rows))


def require_same(deb: LockedDeb, control: Control) -> None:
    """BuildError when the package is not the one that the lock names: what was asked for comes from the lock,
    what the image says is installed from the package."""
    expected = [("architecture", deb.architecture), ("package", deb.name), ("version", deb.version)]
    found = sorted((name.lower(), value) for name, value in IDENTITY.findall(control.text))
    if found != expected or BLANK_LINE.search(control.text.strip()):
        raise BuildError(
            f"the file of {deb.name} {deb.version} ({deb.architecture}) is another package",
            where=f"okamochi.lock, deb {deb.name}",
            hint="restore okamochi.lock from version control, or remove it and run 'okamochi lock'",
            details=tuple(f"{name}: {value[:100]!a}" for name, value in found[:10]),
        )


def finished(
    root: Path,
    rows: Iterable[Row],
    controls: tuple[tuple[str, Control], ...],
    platform: Platform,
    chosen: Sequence[Finisher] = FINISHERS,
) -> tuple[Row, ...]:
    by_path = {row.path: row for row in rows}
    make_links(root, [row for row in by_path.values() if row.kind == "l"])
    unpacked = Unpacked(root, by_path, controls, platform)
    kept_folders: dict[str, Row] = {}
    for finisher in chosen:
        changes = finisher(unpacked)
        apply(changes, unpacked)
        for path, mode in changes.folders:
            kept_folders[path] = Row(path, "d", mode, finishers.OWNER)
    return with_folders(unpacked.rows, kept_folders)


def apply(changes: Changes, unpacked: Unpacked) -> None:
    root, rows = unpacked.root, unpacked.rows
    for path in changes.removed:
        confined(root, path, archive=rows[path].owner).unlink()
        del rows[path]
    for path, mode in changes.folders:
        place = own_place(root, path)
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(mode)
    for added in changes.files:
        refuse_taken(added.path, rows)
        place = own_place(root, added.path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(added.content)
        place.chmod(added.mode)
        rows[added.path] = Row(added.path, "f", added.mode, added.owner, len(added.content))
    links = [Row(path, "l", 0o777, finishers.OWNER, target=target) for path, target in changes.links]
    for link in links:
        refuse_taken(link.path, rows)
        rows[link.path] = link
    make_links(root, links)


def own_place(root: Path, path: str) -> Path:
    """Where a path of okamochi's own lies; BuildError when a package's link would lead it elsewhere."""
    place = confined(root, path, archive=finishers.OWNER)
    if place.is_symlink():
        raise BuildError(
            f"a package has a link at /{path}, which okamochi writes",
            where=path,
            hint="leave this package out of tool.okamochi.packages",
        )
    return place


def refuse_taken(path: str, rows: dict[str, Row]) -> None:
    if path in rows:
        raise BuildError(
            f"the package {rows[path].owner.partition(':')[2]} has /{path}, which okamochi writes",
            where=path,
            hint="leave this package out of tool.okamochi.packages",
        )


def with_folders(rows: dict[str, Row], kept: dict[str, Row]) -> tuple[Row, ...]:
    """All rows sorted by path, with the directories that they need; empty ones of packages stay out."""
    everything = {**rows, **kept}
    for path in sorted(everything):
        row = everything[path]
        name = path.rpartition("/")[0]
        while name and name not in everything:
            everything[name] = Row(name, "d", 0o755, row.owner)
            name = name.rpartition("/")[0]
    return tuple(everything[path] for path in sorted(everything))


def entry(row: Row, root: Path) -> Entry:
    content = FileContent(root / row.path, row.size_bytes) if row.kind == "f" else None
    return Entry(row.path, KINDS[row.kind], stat.S_IMODE(row.mode), row.owner, content, row.target)


def is_python(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder == "usr/bin" and name.startswith("python3.") and name[8:].isdigit()


def glibc_version(debs: Iterable[LockedDeb]) -> str:
    version = next((deb.version for deb in debs if deb.name == "libc6"), "")
    return version.rpartition(":")[2].partition("-")[0]
