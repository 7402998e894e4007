"""Entries laid out as a folder: what unpacking their layers gives, without packing them."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from okamochi.oci.entry import Entry, EntryKind, FileContent, directory, file, symlink
from okamochi.oci.packing import LayerRequest, Part, pack_layers
from okamochi.run.host.lay import NotLaid, lay_out
from okamochi.run.host.unpack import unpack_layers
from okamochi.system.cache import Cache


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "cache/folders"
    folder.mkdir(parents=True)
    return folder


def on_disk(path: Path, content: bytes, *, mode: int = 0o644) -> FileContent:
    path.write_bytes(content)
    path.chmod(mode)
    return FileContent.of(path)


def layers_of(shared: Path) -> tuple[tuple[Entry, ...], ...]:
    """Two, with one of everything; the second has something in a folder of the first."""
    held = on_disk(shared / "held.py", b"x = 1\n")
    private = on_disk(shared / "private.py", b"y = 1\n", mode=0o600)
    source = on_disk(shared.parent / "source.py", b"z = 1\n")
    below = (
        directory("usr", "deb:one"),
        directory("usr/lib", "deb:one"),
        Entry("usr/lib/held.py", EntryKind.FILE, 0o644, "deb:one", content=held),
        Entry("usr/lib/private.py", EntryKind.FILE, 0o644, "deb:one", content=private),
        Entry("usr/lib/again.py", EntryKind.HARDLINK, 0o644, "deb:one", target="usr/lib/held.py"),
        symlink("lib", "deb:one", "usr/lib"),
        symlink("usr/lib/nowhere", "deb:one", "/etc/nowhere"),
        directory("tmp", "deb:one", mode=0o1777),
        directory("root", "deb:one", mode=0o700),
    )
    app = (
        directory("app", "app"),
        Entry("app/source.py", EntryKind.FILE, 0o644, "app", content=source),
        file("app/made.pyc", "app", b"made", mode=0o644),
        file("app/run", "app", b"#!/bin/sh\n", mode=0o755),
        directory("usr", "app"),
        file("usr/lib/own", "app", b""),
    )
    return below, app


def listing(root: Path) -> list[tuple[object, ...]]:
    found = []
    for path in sorted(root.rglob("*")):
        facts = path.lstat()
        content: object = None
        if path.is_symlink():
            content = os.fspath(path.readlink())
        elif path.is_file():
            content = path.read_bytes()
        # who may read and execute it; nothing is written there
        mode = 0 if path.is_symlink() else facts.st_mode & 0o555
        name = path.relative_to(root).as_posix()
        found.append((name, stat.S_IFMT(facts.st_mode), mode, facts.st_uid, facts.st_gid, content))
    return found


def unpacked(layers: Sequence[Sequence[Entry]], tmp_path: Path) -> Path:
    requests = [LayerRequest(parts=(Part.of(entries),)) for entries in layers]
    root = tmp_path / "unpacked"
    root.mkdir()
    cache = Cache.open(tmp_path / "packed")
    unpack_layers(pack_layers(cache, requests, epoch_seconds=0), root)
    return root


def test_it_is_what_the_packed_layers_unpack_to(shared: Path, tmp_path: Path) -> None:
    layers = layers_of(shared)
    root = tmp_path / "cache/root"
    root.mkdir()
    lay_out(layers, root, shared=shared)
    assert listing(root) == listing(unpacked(layers, tmp_path))


def test_files_of_the_cache_are_shared_unless_others_may_not_read_them(shared: Path, tmp_path: Path) -> None:
    root = tmp_path / "cache/root"
    root.mkdir()
    lay_out(layers_of(shared), root, shared=shared)
    assert (root / "usr/lib/held.py").samefile(shared / "held.py")
    assert not (root / "usr/lib/private.py").samefile(shared / "private.py")
    assert stat.S_IMODE((root / "usr/lib/private.py").stat().st_mode) == 0o644
    assert not (root / "app/source.py").samefile(shared.parent / "source.py")


def test_an_umask_that_forbids_everything_forbids_nothing_in_the_root(shared: Path, tmp_path: Path) -> None:
    layers = layers_of(shared)
    before = os.umask(0o077)
    try:
        root = tmp_path / "cache/root"
        root.mkdir()
        lay_out(layers, root, shared=shared)
    finally:
        os.umask(before)
    assert stat.S_IMODE(root.stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "usr/lib").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "tmp").stat().st_mode) == 0o1777


@pytest.mark.parametrize(
    "later",
    [
        (file("usr/lib/held.py", "app", b"another"),),
        (file("usr", "app", b"a file for a folder"),),
        (symlink("usr", "app", "elsewhere"),),
        (file("usr/lib/held.py/below", "app", b""),),
        (file("lib/through", "app", b""),),
    ],
    ids=["a file again", "a file for a folder", "a link for a folder", "below a file", "through a link"],
)
def test_what_replaces_something_has_to_be_unpacked(
    later: tuple[Entry, ...], shared: Path, tmp_path: Path
) -> None:
    root = tmp_path / "cache/root"
    root.mkdir()
    with pytest.raises(NotLaid):
        lay_out((*layers_of(shared), later), root, shared=shared)


def test_a_link_that_leads_out_leads_nothing_out(shared: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "cache/root"
    root.mkdir()
    layers = ((symlink("app", "base", str(outside)),), (file("app/x", "app", b"written"),))
    with pytest.raises(NotLaid):
        lay_out(layers, root, shared=shared)
    assert list(outside.iterdir()) == []
    assert (shared.parent / "root").exists()
