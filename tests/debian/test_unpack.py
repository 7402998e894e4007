import io
import lzma
import os
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from okamochi.debian.deb import Unxz, read_control
from okamochi.debian.trims import KEPT_PATHS, TRIMMED_PATHS, is_kept
from okamochi.debian.unpack import Row, make_links, unpack
from okamochi.errors import BuildError
from tests.debian.archive_maker import Tree, ar, deb_of_tars, make_deb, member, tar


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def saved(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "one.deb"
    path.write_bytes(content)
    return path


def hostile(tmp_path: Path, *members: Callable[[tarfile.TarFile], None]) -> Path:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for one in members:
            one(archive)
    return saved(tmp_path, make_deb("evil", data=buffer.getvalue()).content)


@pytest.mark.parametrize("suffix", [".xz", ".gz", ".zst", ""])
def test_every_compression_of_debs_is_read(tmp_path: Path, root: Path, suffix: str) -> None:
    tree = Tree(
        {"usr/lib/x": b"x" * 100_000, "usr/bin/run": b"#!"}, {"usr/lib/y": "x"}, frozenset({"usr/bin/run"})
    )
    deb = saved(
        tmp_path, make_deb("demo", tree=tree, suffix=suffix, scripts={"postinst": "#!/bin/sh\n"}).content
    )
    assert unpack(deb, root, "demo") == (
        Row("usr/bin/run", "f", 0o755, "deb:demo", 2),
        Row("usr/lib/x", "f", 0o644, "deb:demo", 100_000),
        Row("usr/lib/y", "l", 0o777, "deb:demo", target="x"),
    )
    assert (root / "usr/lib/x").read_bytes() == b"x" * 100_000
    assert (root / "usr/bin/run").stat().st_mode & 0o777 == 0o755
    control = read_control(deb)
    assert control.text.startswith("Package: demo\n")
    assert control.scripts == (("postinst", "#!/bin/sh\n"),)
    assert control.md5sums.count(b"\n") == 2


def test_modes_are_the_same_whatever_the_umask(tmp_path: Path, root: Path) -> None:
    deb = saved(tmp_path, make_deb("demo", tree=Tree({"usr/lib/x": b"x"})).content)
    before = os.umask(0o077)
    try:
        unpack(deb, root, "demo")
    finally:
        os.umask(before)
    assert (root / "usr/lib/x").stat().st_mode & 0o777 == 0o644


def test_set_user_id_bits_never_reach_the_image(tmp_path: Path, root: Path) -> None:
    deb = hostile(tmp_path, lambda archive: member(archive, "usr/bin/su", b"x", mode=0o4755))
    assert unpack(deb, root, "evil")[0].mode == 0o755
    assert (root / "usr/bin/su").stat().st_mode & 0o7777 == 0o755


def test_paths_of_before_merged_usr_go_below_usr(tmp_path: Path, root: Path) -> None:
    deb = saved(tmp_path, make_deb("old", tree=Tree({"lib/x.so": b"x", "bin/y": b"y"})).content)
    assert [row.path for row in unpack(deb, root, "old")] == ["usr/bin/y", "usr/lib/x.so"]


def test_hard_links_become_files_that_share_their_bytes(tmp_path: Path, root: Path) -> None:
    deb = hostile(
        tmp_path,
        lambda archive: member(archive, "usr/lib/a", b"abc"),
        lambda archive: member(archive, "usr/lib/b", type=tarfile.LNKTYPE, linkname="./usr/lib/a"),
    )
    assert unpack(deb, root, "evil")[1] == Row("usr/lib/b", "f", 0o644, "deb:evil", 3)
    assert (root / "usr/lib/b").samefile(root / "usr/lib/a")


@pytest.mark.parametrize("name", ["../../outside", "/etc/outside", "usr/../../outside"])
def test_paths_that_lead_out_are_refused(tmp_path: Path, root: Path, name: str) -> None:
    def add(archive: tarfile.TarFile) -> None:
        one = tarfile.TarInfo(name)
        one.size = 1
        archive.addfile(one, io.BytesIO(b"x"))

    with pytest.raises(BuildError):
        unpack(hostile(tmp_path, add), root, "evil")
    assert not list(tmp_path.rglob("outside"))


def test_nothing_is_written_through_a_link(tmp_path: Path, root: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    deb = hostile(
        tmp_path,
        lambda archive: member(archive, "usr/lib/out", type=tarfile.SYMTYPE, linkname=str(outside)),
        lambda archive: member(archive, "usr/lib/out/file", b"x"),
    )
    rows = unpack(deb, root, "evil")
    with pytest.raises(BuildError, match="another package"):
        make_links(root, [row for row in rows if row.kind == "l"])
    assert not list(outside.iterdir())


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_and_pipes_are_refused(tmp_path: Path, root: Path, kind: bytes) -> None:
    with pytest.raises(BuildError, match="device or pipe"):
        unpack(hostile(tmp_path, lambda archive: member(archive, "dev/x", type=kind)), root, "evil")


def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("okamochi.debian.unpack.SIZE_LIMIT_BYTES", 1_000_000)
    deb = saved(tmp_path, make_deb("bomb", tree=Tree({"usr/lib/x": bytes(2_000_000)})).content)
    with pytest.raises(BuildError, match="absurd"):
        unpack(deb, root, "bomb")
    assert not (root / "usr/lib/x").exists()


def test_two_packages_with_one_path_are_an_error(tmp_path: Path, root: Path) -> None:
    unpack(saved(tmp_path, make_deb("a", tree=Tree({"usr/lib/x": b"a"})).content), root, "a")
    with pytest.raises(BuildError, match="another package"):
        unpack(saved(tmp_path, make_deb("b", tree=Tree({"usr/lib/x": b"b"})).content), root, "b")
    assert (root / "usr/lib/x").read_bytes() == b"a"


GOOD = make_deb("good", tree=Tree({"usr/lib/x": b"x" * 5000})).content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 a zip file",
        GOOD[:100],
        GOOD[:-40],
        ar([("debian-binary", b"2.0\n")]),
        deb_of_tars(b"no tar", b"no tar either, and long enough to be read as a header of one" * 20),
        GOOD.replace(b"data.tar.xz", b"data.tar.7z"),
    ],
)
def test_damaged_packages_are_errors_with_advice(tmp_path: Path, root: Path, content: bytes) -> None:
    deb = saved(tmp_path, content)
    with pytest.raises(BuildError) as caught:
        read_control(deb)
        unpack(deb, root, "bad")
    assert caught.value.hint


def test_links_on_the_disk_never_lead_out(root: Path) -> None:
    rows = [
        Row("etc/absolute", "l", 0o777, "deb:x", target="/usr/lib/x"),
        Row("usr/climbing", "l", 0o777, "deb:x", target="../../../../etc/passwd"),
        Row("usr/lib/beside", "l", 0o777, "deb:x", target="x"),
    ]
    make_links(root, rows)
    targets = [str((root / row.path).readlink()) for row in rows]
    assert targets == ["../usr/lib/x", "../etc/passwd", "x"]
    for row in rows:
        assert (root / row.path).resolve().is_relative_to(root)


def test_no_link_is_made_in_a_folder_that_is_a_link(tmp_path: Path, root: Path) -> None:
    (tmp_path / "secret").write_text("host\n")
    (root / "a").mkdir()
    rows = [
        Row("usr/lib/deep/er", "l", 0o777, "deb:evil", target="/a"),
        # seen from a/, three folders up is outside of the root
        Row("usr/lib/deep/er/out", "l", 0o777, "deb:evil", target="/secret"),
    ]
    with pytest.raises(BuildError, match="symbolic link"):
        make_links(root, rows)
    assert not list((root / "a").iterdir())


@pytest.mark.parametrize("suffix", [".xz", ".gz", ".zst"])
def test_content_that_is_not_compressed_as_its_name_says_is_an_error_with_advice(
    tmp_path: Path, root: Path, suffix: str
) -> None:
    names = (f"control.tar{suffix}", f"data.tar{suffix}")
    deb = saved(tmp_path, ar([("debian-binary", b"2.0\n"), *((name, b"not packed" * 99) for name in names)]))
    for read in (lambda: read_control(deb), lambda: unpack(deb, root, "bad")):
        with pytest.raises(BuildError, match="cannot be unpacked") as caught:
            read()
        assert caught.value.hint


@pytest.mark.parametrize("suffix", [".xz", ".gz", ".zst"])
def test_packages_damaged_in_the_middle_are_errors_with_advice(
    tmp_path: Path, root: Path, suffix: str
) -> None:
    dice = random.Random(1)
    noise = "".join(str(dice.random()) for _ in range(20_000)).encode()
    content = bytearray(make_deb("good", tree=Tree({"usr/lib/x": noise}), suffix=suffix).content)
    middle = len(content) // 2
    content[middle : middle + 4000] = bytes(4000)
    with pytest.raises(BuildError, match="cannot be unpacked"):
        unpack(saved(tmp_path, bytes(content)), root, "bad")


@pytest.mark.parametrize(
    ("package", "path", "kept"),
    [
        ("x", "usr/share/doc/x/copyright", True),
        ("x", "usr/share/doc/x/changelog.gz", False),
        ("x", "usr/share/man/man1/x.1.gz", False),
        ("x", "usr/lib/x86_64-linux-gnu/libx.so.1", True),
        ("x", "usr/lib/x86_64-linux-gnu/libx.a", False),
        ("libc6", "usr/lib/x86_64-linux-gnu/gconv/EUC-JP.so", False),
        ("libc6", "usr/lib/x86_64-linux-gnu/gconv/UTF-16.so", True),
        ("libc-bin", "usr/bin/getent", False),
        ("libc-bin", "usr/lib/locale/C.utf8/LC_CTYPE", True),
        ("libpython3.13-stdlib", "usr/lib/python3.13/json/decoder.py", True),
        ("libpython3.13-stdlib", "usr/lib/python3.13/unittest/case.py", True),
        ("libpython3.13-stdlib", "usr/lib/python3.13/doctest.py", True),
        ("libpython3.13-stdlib", "usr/lib/python3.13/LICENSE.txt", True),
        ("libpython3.13-stdlib", "usr/lib/python3.13/idlelib/idle.py", False),
        ("libpython3.13-stdlib", "usr/lib/python3.13/__pycache__/os.cpython-313.pyc", False),
        ("libpython3.13-stdlib", "usr/lib/python3.13/_pydecimal.py", False),
        ("libpython3.13-stdlib", "usr/lib/python3.13/_pyio.py", True),  # eventlet imports it
        ("tzdata", "usr/share/zoneinfo/Asia/Tokyo", True),
        ("tzdata", "usr/share/zoneinfo/right/Asia/Tokyo", False),
    ],
)
def test_what_stays_out(package: str, path: str, kept: bool) -> None:
    assert is_kept(package, path) is kept


def test_every_trim_stands_once() -> None:
    assert len({pattern for pattern, _ in TRIMMED_PATHS}) == len(TRIMMED_PATHS)
    assert all(reason for _, _, reason in KEPT_PATHS)


def test_tar_of_the_maker_is_the_same_every_time() -> None:
    assert tar(Tree({"b": b"", "a": b"x"})) == tar(Tree({"a": b"x", "b": b""}))


@pytest.mark.parametrize("padding", [0, 4, 1 << 19])
def test_xz_is_read_over_pieces_and_streams(padding: int) -> None:
    content = random.Random(1).randbytes(1_500_000)
    packed = lzma.compress(content[:700_000]) + bytes(padding) + lzma.compress(content[700_000:]) + bytes(4)
    assert io.BufferedReader(Unxz(io.BytesIO(packed))).read() == content


def test_xz_that_is_cut_is_no_shorter_content() -> None:
    packed = lzma.compress(random.Random(1).randbytes(1_000_000))
    with pytest.raises(EOFError):
        io.BufferedReader(Unxz(io.BytesIO(packed[:-20]))).read()


def test_a_row_of_empty_xz_streams_is_no_deep_water() -> None:
    packed = lzma.compress(b"") * 3000 + lzma.compress(b"x")
    assert io.BufferedReader(Unxz(io.BytesIO(packed))).read() == b"x"


def test_control_files_of_a_large_package_are_read_to_their_end(tmp_path: Path) -> None:
    """md5sums of 15,000 headers do not compress."""
    sums = random.Random(1).randbytes(600_000).hex().encode()
    control = io.BytesIO()
    with tarfile.open(fileobj=control, mode="w") as archive:
        member(archive, "control", b"Package: libboost-dev\n")
        member(archive, "md5sums", sums)
    deb = saved(tmp_path, deb_of_tars(control.getvalue(), tar(Tree())))
    assert read_control(deb).md5sums == sums
