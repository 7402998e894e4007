"""Packages laid upon a root file system that is there already: an image of a registry."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

import msgspec

from okamochi.debian.apt_proxy import through_apt_proxy
from okamochi.debian.control import parse_stanza, parse_stanzas
from okamochi.debian.deb import Control
from okamochi.debian.dpkg_status import STATUS, file_list, md5sums, stanza
from okamochi.debian.finishers import (
    Added,
    Changes,
    Finisher,
    Unpacked,
    alternatives,
    ca_bundle,
    copies,
    graphviz_plugins,
    versioned_programs,
)
from okamochi.debian.ld_cache import Library, ld_cache, libraries_in
from okamochi.debian.maintainer_scripts import require_reviewed
from okamochi.debian.rules import tree_key
from okamochi.debian.sources import APT_FOLDER, find_mirrors
from okamochi.debian.tree import (
    TREE,
    BaseTree,
    controls_of,
    finished,
    rows_of,
    tree_in,
    unpacked_packages,
    with_folders,
    write_rows,
)
from okamochi.debian.unpack import Row, within_usr
from okamochi.model.lock import LockedDeb
from okamochi.oci.entry import Entry, EntryKind
from okamochi.oci.layer import WHITEOUT
from okamochi.oci.platform import Platform
from okamochi.system.files import checked_path, confined
from okamochi.system.regular_files import regular_text
from okamochi.system.world import World

__all__ = ["Ground", "laid_tree"]

KIND = "laid-roots"
LOADER_FOLDERS = "etc/ld.so.conf"
READ_LIMIT_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Ground:
    """What packages are laid upon: `place` says where a path of it lies on the disk, links followed inside.
    `identity` differs when anything in it does."""

    identity: str
    place: Callable[[str], Path]

    def text(self, path: str) -> str:
        """ "" for what is not there."""
        return regular_text(self.place(path), limit_bytes=READ_LIMIT_BYTES)

    def has(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return os.path.lexists(self.place(folder) / name)

    def package_names(self) -> frozenset[str]:
        stanzas = parse_stanzas(self.text(STATUS))
        return frozenset(one.get("package", "") for one in stanzas)


def laid_tree(
    world: World,
    debs: Sequence[LockedDeb],
    platform: Platform,
    ground: Ground,
    *,
    snapshot: str = "",
    apt_folder: Path = APT_FOLDER,
) -> BaseTree:
    """What these packages put on top of the ground, as files and entries; made once, then of the cache.

    What is there in an older version is replaced, and its files that the newer version has not get
    whiteouts. BuildError for scripts of new packages that nobody has read; those of packages that were there
    have run in the image."""
    key = hashlib.sha256(f"{tree_key(debs, platform)} {ground.identity}".encode()).hexdigest()

    def make(folder: Path) -> None:
        mirrors = find_mirrors(world.environ, apt_folder)
        reached = through_apt_proxy(world, apt_folder)
        root = folder / TREE
        root.mkdir()
        there = ground.package_names()
        packages = unpacked_packages(reached, tuple(sorted(debs)), root, mirrors, snapshot, whole=there)
        controls, rows = controls_of(packages), rows_of(packages)
        require_reviewed((name, one) for name, one in controls if name not in there)
        done = {row.path: row for row in finished(root, rows, controls, platform, finishers_upon(ground))}
        for row in whiteouts(ground, controls, frozenset(done)):
            place = confined(root, row.path, archive=row.owner)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
            done[row.path] = row
        write_rows(folder, with_folders(done, {}))

    tree = tree_in(world.cache.folder(KIND, key, make), key, debs)
    return replace(tree, entries=tuple(where_they_lie(ground, tree.entries)))


def where_they_lie(ground: Ground, entries: Sequence[Entry]) -> Iterator[Entry]:
    """A folder that is a link in the ground stays one: what is below it goes where it leads."""
    moved: dict[str, str] = {}
    root = ground.place("")
    for entry in entries:
        folder, _, name = entry.path.rpartition("/")
        if folder not in moved:
            moved[folder] = ground.place(folder).relative_to(root).as_posix()
        path = entry.path if moved[folder] in (folder, ".") else f"{moved[folder]}/{name}"
        if entry.kind is EntryKind.DIRECTORY and ground.place(path) != root / path:
            continue
        yield entry if path == entry.path else msgspec.structs.replace(entry, path=path)


def finishers_upon(ground: Ground) -> tuple[Finisher, ...]:
    usual = (ca_bundle, alternatives, copies, versioned_programs, graphviz_plugins)
    return (
        *(partial(where_free, ground, finisher) for finisher in usual),
        partial(loader_cache, ground),
        partial(package_records, ground),
    )


def where_free(ground: Ground, finisher: Finisher, unpacked: Unpacked) -> Changes:
    """Without what the ground has already: it was chosen there."""
    changes = finisher(unpacked)
    return Changes(
        files=tuple(one for one in changes.files if not ground.has(one.path)),
        links=tuple(one for one in changes.links if not ground.has(one[0])),
        folders=changes.folders,
        removed=changes.removed,
    )


def loader_cache(ground: Ground, unpacked: Unpacked) -> Changes:
    """/etc/ld.so.cache over both: the ground's folders, in their order, with what is new in them."""
    found: dict[str, Library] = {}
    for folder in loader_folders(ground, unpacked.platform):
        new, there = unpacked.root / folder, ground.place(folder)
        for library in (*libraries_in(new, f"/{folder}"), *libraries_in(there, f"/{folder}", ground.place)):
            found.setdefault(library.name, library)
    return Changes(files=(Added("etc/ld.so.cache", ld_cache(found.values(), unpacked.platform)),))


def loader_folders(ground: Ground, platform: Platform) -> tuple[str, ...]:
    """As ldconfig reads /etc/ld.so.conf: relative to the root, links followed, each once."""
    texts = [ground.text(LOADER_FOLDERS)]
    included = sorted(path.name for path in ground.place(f"{LOADER_FOLDERS}.d").glob("*.conf"))
    texts += [ground.text(f"{LOADER_FOLDERS}.d/{name}") for name in included]
    lines = [line.split("#")[0].strip() for text in texts for line in text.splitlines()]
    named = [line.strip("/") for line in lines if line.startswith("/")]
    usual = (f"usr/lib/{platform.multiarch}", "usr/lib")
    root = ground.place("")
    real = (ground.place(name).relative_to(root).as_posix() for name in (*named, *usual))
    return tuple(dict.fromkeys(real))


def package_records(ground: Ground, unpacked: Unpacked) -> Changes:
    """dpkg's status with what changed, and lists of the files and their digests."""
    new = {name: stanza(control).strip() for name, control in unpacked.controls}
    kept = [
        text.strip()
        for text in ground.text(STATUS).split("\n\n")
        if text.strip() and parse_stanza(text).get("package") not in new
    ]
    files = [Added(STATUS, ("\n\n".join([*kept, *(new[name] for name in sorted(new))]) + "\n").encode())]
    for package, control in unpacked.controls:
        held = {row.path for row in unpacked.rows.values() if row.owner == f"deb:{package}"}
        files.append(Added(*md5sums(package, control, held)))
        files.append(Added(*file_list(package, control, held)))
    return Changes(files=tuple(files))


def whiteouts(
    ground: Ground, controls: Sequence[tuple[str, Control]], present: Collection[str]
) -> Iterator[Row]:
    """For the files of replaced packages that their newer versions have not. BuildError for one that the
    image's own list says to be out of its root."""
    for package, control in controls:
        path, _ = file_list(package, control, ())
        for line in ground.text(path).splitlines():
            listed = line.strip().strip("/")
            old = within_usr(checked_path(listed, archive=f"deb:{package}")) if listed.strip("./") else ""
            if old and old not in present and is_plain(ground, old):
                place = PurePosixPath(old)
                yield Row(str(place.with_name(WHITEOUT + place.name)), "f", 0o644, f"deb:{package}")


def is_plain(ground: Ground, path: str) -> bool:
    """A file or a link, which a package has to itself."""
    folder, _, name = path.rpartition("/")
    place = ground.place(folder) / name
    return place.is_symlink() or place.is_file()
