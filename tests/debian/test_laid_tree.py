"""Packages upon a root that is there: what they add, replace and hide, and the records of it."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from okamochi.debian.laid_tree import Ground, laid_tree
from okamochi.debian.tree import BaseTree
from okamochi.errors import BuildError
from okamochi.oci.entry import EntryKind
from okamochi.oci.platform import LINUX_AMD64
from okamochi.run.host.unpack import within
from tests.debian.archive_maker import MadeDeb, Tree, make_deb, shared_library
from tests.debian.conftest import Archive, MakeWorld
from tests.debian.test_tree import locked_deb

LIB = "usr/lib/x86_64-linux-gnu"
STATUS = """\
Package: libold
Status: install ok installed
Version: 1.0-1
Architecture: amd64

Package: other
Status: install ok installed
Version: 3.0-1
"""
Laid = Callable[..., BaseTree]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An image's files: merged /usr, a folder that is a link, a package with two files."""
    folder = tmp_path / "image"
    files: dict[str, bytes] = {
        "etc/ld.so.conf": b"include /etc/ld.so.conf.d/*.conf\n",
        "etc/ld.so.conf.d/libc.conf": b"# local\n/usr/local/lib\n",
        "usr/local/lib/libpython3.12.so.1.0": shared_library("libpython3.12.so.1.0"),
        f"{LIB}/libold.so.1": shared_library("libold.so.1"),
        f"{LIB}/libold-plugin.so": shared_library("libold-plugin.so"),
        "usr/share/doc/libold/README": b"read me",
        "srv/real/kept": b"",
        "usr/bin/chosen": b"by the image",
        "var/lib/dpkg/status": STATUS.encode(),
        "var/lib/dpkg/info/libold.list": f"/.\n/usr\n/{LIB}\n/{LIB}/libold.so.1\n/lib/x86_64-linux-gnu/"
        "libold-plugin.so\n/usr/share/doc/libold/README\n".encode(),
    }
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "lib").symlink_to("usr/lib")
    (folder / "usr/share/linked").symlink_to("/srv/real")
    return folder


@pytest.fixture
def laid(make_world: MakeWorld, make_archive: Callable[..., Archive], root: Path) -> Laid:
    def lay(*debs: MadeDeb) -> BaseTree:
        world = make_world(make_archive(*debs).folder)
        ground = Ground("sha256:1", lambda path: within(root, path))
        locked = tuple(locked_deb(deb) for deb in debs)
        return laid_tree(world, locked, LINUX_AMD64, ground, apt_folder=Path("/nonexistent"))

    return lay


def files_of(tree: BaseTree) -> dict[str, bytes]:
    return {
        entry.path: entry.content.read()
        for entry in tree.entries
        if entry.kind is EntryKind.FILE and entry.content is not None
    }


def test_new_packages_bring_their_files_records_and_a_loader_cache_over_both(laid: Laid) -> None:
    tree = laid(make_deb("libnew", tree=Tree({f"{LIB}/libnew.so.2": shared_library("libnew.so.2")})))
    files = files_of(tree)
    assert files["var/lib/dpkg/info/libnew.list"] == f"/{LIB}/libnew.so.2\n".encode()
    status = files["var/lib/dpkg/status"].decode()
    assert status.count("Package: ") == 3
    assert "Package: libnew\nStatus: install ok installed\n" in status
    cache = files["etc/ld.so.cache"]
    for path in (f"/{LIB}/libnew.so.2", f"/{LIB}/libold.so.1", "/usr/local/lib/libpython3.12.so.1.0"):
        assert f"{path}\0".encode() in cache
    # nothing else of the image is written again
    assert sorted(files) == sorted(
        {
            "etc/ld.so.cache",
            "var/lib/dpkg/status",
            "var/lib/dpkg/info/libnew.list",
            "var/lib/dpkg/info/libnew.md5sums",
            f"{LIB}/libnew.so.2",
        }
    )


def test_a_newer_version_replaces_and_hides_what_it_has_no_more(laid: Laid) -> None:
    held = Tree({f"{LIB}/libold.so.1": shared_library("libold.so.1"), "usr/share/doc/libold/README": b"new"})
    tree = laid(make_deb("libold", "2.0-1", held, scripts={"postinst": "#!/bin/sh\nwho knows\n"}))
    files = files_of(tree)
    assert files[f"{LIB}/.wh.libold-plugin.so"] == b""
    assert [path for path in files if ".wh." in path] == [f"{LIB}/.wh.libold-plugin.so"]
    # whole, as it was in the image: also what a base of okamochi's own leaves out
    assert files["usr/share/doc/libold/README"] == b"new"
    status = files["var/lib/dpkg/status"].decode()
    assert "Version: 2.0-1" in status and "Version: 1.0-1" not in status


def test_a_new_packages_unknown_script_is_refused(laid: Laid) -> None:
    with pytest.raises(BuildError, match="libnew"):
        laid(make_deb("libnew", scripts={"postinst": "#!/bin/sh\nwho knows\n"}))


def test_folders_that_are_links_stay_links(laid: Laid) -> None:
    tree = laid(make_deb("data", tree=Tree({"usr/share/linked/deep/new": b"x"})))
    paths = {entry.path: entry for entry in tree.entries}
    assert "srv/real/deep/new" in paths and "usr/share/linked" not in paths
    assert stat.S_IMODE(paths["srv/real/deep"].mode) == 0o755


def test_what_the_image_has_chosen_is_not_chosen_again(laid: Laid) -> None:
    script = (
        "#!/bin/sh\nset -e\nupdate-alternatives --install /usr/bin/chosen chosen /usr/bin/chosen.tool 10\n"
        "update-alternatives --install /usr/bin/free free /usr/bin/chosen.tool 10\n"
    )
    held = Tree({"usr/bin/chosen.tool": b"#!"})
    tree = laid(make_deb("tool", tree=held, scripts={"postinst": script}))
    links = {entry.path: entry.target for entry in tree.entries if entry.kind is EntryKind.SYMLINK}
    assert links == {"usr/bin/free": "/usr/bin/chosen.tool"}


def test_no_list_of_the_image_leads_out_of_it(laid: Laid, root: Path, tmp_path: Path) -> None:
    (root / "tool").write_text("of the image")
    (root / "var/lib/dpkg/info/libold.list").write_text("/../../../../tool\n")
    before = sorted(path for path in tmp_path.rglob("*.wh.*"))
    with pytest.raises(BuildError, match="climbs out"):
        laid(make_deb("libold", "2.0-1", tree=Tree({f"{LIB}/libold.so.2": shared_library("libold.so.2")})))
    assert sorted(path for path in tmp_path.rglob("*.wh.*")) == before


def test_links_of_the_image_are_followed_inside_of_it(laid: Laid, root: Path, tmp_path: Path) -> None:
    """Absolute ones mean nothing on this machine: of a library by alternatives, of a list of folders."""
    (tmp_path / "outside.conf").write_text("/outside\n")
    (root / "etc/ld.so.conf.d/outside.conf").symlink_to(tmp_path / "outside.conf")
    (root / "etc/alternatives").mkdir()
    (root / "outside").mkdir()
    (root / "outside/libout.so.1").write_bytes(shared_library("libout.so.1"))
    (root / f"{LIB}/libblas.so.3").symlink_to("/etc/alternatives/libblas")
    (root / "etc/alternatives/libblas").symlink_to(f"/{LIB}/openblas/libblas.so.3")
    (root / f"{LIB}/openblas").mkdir()
    (root / f"{LIB}/openblas/libblas.so.3").write_bytes(shared_library("libblas.so.3"))
    cache = files_of(laid(make_deb("libnew")))["etc/ld.so.cache"]
    assert f"/{LIB}/libblas.so.3\0".encode() in cache
    assert b"libout" not in cache
