import errno
import io
import os
import tarfile
from pathlib import Path

import pytest

from okamochi.errors import BuildError
from okamochi.run.host.unpack import give, unpack_layer, unpack_layers, within


def tar(*members: tuple[str, bytes, str, bytes]) -> io.BytesIO:
    """(name, type, link target, content) of each."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, kind, target, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.size = kind, target, len(content)
            member.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
            archive.addfile(member, io.BytesIO(content))
    stream.seek(0)
    return stream


def plain(name: str, content: bytes = b"x") -> tuple[str, bytes, str, bytes]:
    return name, tarfile.REGTYPE, "", content


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[str, bytes, str, bytes]:
    return name, kind, target, b""


def folder(name: str) -> tuple[str, bytes, str, bytes]:
    return name, tarfile.DIRTYPE, "", b""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    path = tmp_path / "root"
    path.mkdir()
    return path


def names(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


def test_files_folders_and_links_come_out(root: Path) -> None:
    stream = tar(
        folder("usr"), plain("usr/a", b"hello"), link("bin", "usr"), link("usr/b", "usr/a", tarfile.LNKTYPE)
    )
    unpack_layer(stream, root, archive="layer")
    assert (root / "bin/b").read_bytes() == b"hello"
    assert (root / "usr/a").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x"])
def test_names_that_lead_out_are_refused(root: Path, name: str) -> None:
    with pytest.raises(BuildError):
        unpack_layer(tar(plain(name)), root, archive="layer")
    assert names(root) == []


@pytest.mark.parametrize("target", ["../outside", "/outside", "../../../../outside"])
def test_a_link_never_carries_a_file_out_of_the_root(root: Path, target: str) -> None:
    unpack_layer(tar(link("way", target), plain("way/x")), root, archive="layer")
    assert names(root.parent / "outside") == []
    assert (root / "outside/x").exists()


def test_a_hard_link_cannot_point_out(root: Path) -> None:
    (root.parent / "secret").write_text("s")
    with pytest.raises((BuildError, OSError)):
        unpack_layer(tar(link("x", "../secret", tarfile.LNKTYPE)), root, archive="layer")


def test_a_file_replaces_a_link_instead_of_writing_through_it(root: Path) -> None:
    target = root.parent / "outside/target"
    target.write_text("untouched")
    unpack_layer(tar(link("x", "../outside/target")), root, archive="one")
    unpack_layer(tar(plain("x", b"new")), root, archive="two")
    assert target.read_text() == "untouched"
    assert (root / "x").read_bytes() == b"new"


def test_whiteouts_remove_what_lower_layers_brought(root: Path) -> None:
    unpack_layer(
        tar(folder("a"), plain("a/one"), plain("a/two"), folder("b"), plain("b/x")), root, archive="1"
    )
    unpack_layer(tar(plain("a/.wh.one", b""), plain("b/.wh..wh..opq", b""), plain("b/y")), root, archive="2")
    assert names(root) == ["a", "a/two", "b", "b/y"]


def test_setuid_and_devices_do_not_come_out(root: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo("su")
        member.mode = 0o4755
        archive.addfile(member)
        device = tarfile.TarInfo("null")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
    stream.seek(0)
    unpack_layer(stream, root, archive="layer")
    assert names(root) == ["su"]
    assert (root / "su").stat().st_mode & 0o7777 == 0o755


def test_a_damaged_layer_is_an_error(root: Path) -> None:
    with pytest.raises(BuildError, match="cannot be unpacked"):
        unpack_layer(io.BytesIO(b"no tar at all" * 100), root, archive="layer")


def test_links_that_go_round_end(root: Path) -> None:
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    with pytest.raises(BuildError, match="more than 40 links"):
        within(root, "a/x")


def test_an_umask_that_forbids_everything_forbids_nothing_in_the_root(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        root = tmp_path / "root"
        root.mkdir()
        unpack_layer(tar(plain("opt/venv/bin/python")), root, archive="layer")
        unpack_layers((), root)
    finally:
        os.umask(before)
    modes = {name: (root / name).stat().st_mode & 0o777 for name in ("", "opt/venv/bin", "etc", "etc/hosts")}
    assert modes == {"": 0o755, "opt/venv/bin": 0o755, "etc": 0o755, "etc/hosts": 0o644}


@pytest.mark.parametrize("name", ["a", "a/b"])
def test_no_mode_of_a_folder_reaches_what_a_link_in_its_place_leads_to(root: Path, name: str) -> None:
    outside = root.parent / "outside"
    (outside / "b").mkdir()
    for path in (outside, outside / "b"):
        path.chmod(0o700)
    unpack_layer(tar(folder("a"), folder(name), link("a", str(outside))), root, archive="layer")
    assert (root / "a").is_symlink()
    assert [path.stat().st_mode & 0o777 for path in (outside, outside / "b")] == [0o700, 0o700]


@pytest.mark.parametrize(
    "members", [(folder("a"), plain(".wh.a")), (folder("a"), plain("a"))], ids=["hidden", "a file instead"]
)
def test_a_folder_that_its_own_layer_takes_away_gets_no_mode(
    root: Path, members: tuple[tuple[str, bytes, str, bytes], ...]
) -> None:
    unpack_layer(tar(*members), root, archive="layer")
    assert not (root / "a").is_dir()


def test_a_second_name_of_what_is_not_there_is_an_error(root: Path) -> None:
    with pytest.raises(BuildError, match="not there"):
        unpack_layer(tar(link("x", "nowhere", tarfile.LNKTYPE)), root, archive="layer")


@pytest.mark.parametrize(
    ("number", "passes"), [(errno.EPERM, True), (errno.EINVAL, True), (errno.EROFS, False)]
)
def test_root_that_may_give_nothing_away_keeps_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, passes: bool
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "chown", refused)
    if passes:
        give(os.fspath(tmp_path), 10001, 10001)
        return
    with pytest.raises(OSError):
        give(os.fspath(tmp_path), 10001, 10001)
