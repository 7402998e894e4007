"""The tar writer against the standard library's reader."""

import io
import random
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oci_samples import EPOCH_SECONDS, LONG, sample_entries

from okamochi.errors import BuildError
from okamochi.oci.entry import Entry, EntryKind, FileContent, directory, file, symlink
from okamochi.oci.tar_writer import END_OF_ARCHIVE, ordered, tar_chunks, tar_header


def tar_of(
    entries: tuple[Entry, ...], *, epoch_seconds: int = EPOCH_SECONDS, chunk_bytes: int = 1000
) -> bytes:
    chunks = tar_chunks(ordered(entries), epoch_seconds=epoch_seconds, chunk_bytes=chunk_bytes)
    return b"".join(chunks) + END_OF_ARCHIVE


def read_back(content: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(content), errorlevel=2) as archive:
        return {member.name: member for member in archive.getmembers()}


def test_tarfile_reads_back_every_entry_as_it_was() -> None:
    entries = sample_entries()
    members = read_back(tar_of(entries))
    assert set(members) == {entry.path for entry in entries}
    for entry in entries:
        member = members[entry.path]
        assert (member.mode, member.uid, member.gid) == (entry.mode, entry.uid, entry.gid)
        assert (member.mtime, member.uname, member.gname) == (EPOCH_SECONDS, "", "")
        assert member.linkname == entry.target
        assert member.size == (entry.size_bytes if entry.kind is EntryKind.FILE else 0)


def test_contents_come_back() -> None:
    content = tar_of(sample_entries())
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        held = archive.extractfile("srv/日本語/請求書.txt")
        assert held is not None
        assert held.read().decode() == "合計\n"
        large = archive.extractfile("large")
        assert large is not None
        assert large.read() == bytes(range(256)) * 20_000


def test_the_order_of_the_entries_does_not_matter() -> None:
    entries = list(sample_entries())
    expected = tar_of(tuple(entries))
    random.Random(1).shuffle(entries)
    assert tar_of(tuple(entries)) == expected


def test_the_size_of_the_pieces_does_not_matter() -> None:
    expected = tar_of(sample_entries(), chunk_bytes=10**9)
    for chunk_bytes in (1, 511, 512, 100_000):
        assert tar_of(sample_entries()[:9], chunk_bytes=chunk_bytes) == tar_of(sample_entries()[:9])
    assert tar_of(sample_entries()) == expected


def test_every_piece_but_the_last_is_exactly_as_long_as_asked() -> None:
    pieces = list(tar_chunks(ordered(sample_entries()), epoch_seconds=0, chunk_bytes=4096))
    assert {len(piece) for piece in pieces[:-1]} == {4096}
    assert 0 < len(pieces[-1]) <= 4096


def test_parents_come_first_and_hard_links_last() -> None:
    names = [entry.path for entry in ordered(sample_entries())]
    assert names.index("usr") < names.index("usr/bin") < names.index("usr/bin/tool")
    assert names[-1] == "usr/bin/a-hard-link"


def test_a_short_ascii_name_needs_no_pax_header() -> None:
    assert len(tar_of((file("a", "app", b""),))) == 512 + len(END_OF_ARCHIVE)


def test_a_long_name_that_can_be_split_needs_no_pax_header() -> None:
    path = "a" * 80 + "/" + "b" * 80
    content = tar_of((file(path, "app", b""),))
    assert len(content) == 512 + len(END_OF_ARCHIVE)
    assert set(read_back(content)) == {path}


def test_a_size_beyond_ustar_is_told_in_a_pax_header() -> None:
    huge = Entry("huge", EntryKind.FILE, 0o644, "app", content=FileContent(Path("nowhere"), 9 * 2**30))
    with tarfile.open(fileobj=io.BytesIO(tar_header(huge, 0)), errorlevel=2) as archive:
        member = archive.next()
    assert member is not None
    assert (member.name, member.size) == ("huge", 9 * 2**30)


def test_file_contents_come_from_disk_and_must_keep_their_size(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 3000)
    entry = file("f", "app", path)
    assert b"x" * 3000 in tar_of((entry,))
    path.write_bytes(b"x" * 2999)
    with pytest.raises(BuildError, match="was changed") as caught:
        tar_of((entry,))
    assert caught.value.where == str(path)
    path.unlink()
    with pytest.raises(BuildError, match="cannot read"):
        tar_of((entry,))


@pytest.mark.parametrize("path", ["", "/etc", "a/../b", "..", "a//b", "a/", "./a", "a\0b"])
def test_an_unsafe_path_is_refused(path: str) -> None:
    with pytest.raises(BuildError, match="unsafe path"):
        ordered([file(path, "wheel:bad", b"")])


def test_a_name_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(BuildError, match="not UTF-8"):
        ordered([file("caf\udce9", "app", b"")])


def test_two_owners_with_different_files_at_one_path_are_both_named() -> None:
    with pytest.raises(BuildError, match=r"wheel:a and wheel:b both bring /x") as caught:
        ordered([file("x", "wheel:a", b"1"), file("x", "wheel:b", b"2")])
    assert caught.value.details == (
        "wheel:a: file, mode 644, 1 bytes",
        "wheel:b: file, mode 644, 1 bytes",
    )


def test_equal_files_at_one_path_are_one_and_the_first_directory_counts(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"1")
    found = ordered(
        [
            file("x", "wheel:a", b"1"),
            file("x", "wheel:b", tmp_path / "x"),
            directory("d", "app", mode=0o750),
            directory("d", "wheel:b", mode=0o755),
        ]
    )
    assert [(entry.path, entry.owner) for entry in found] == [("d", "app"), ("x", "wheel:a")]


def test_a_path_through_a_link_or_file_is_refused() -> None:
    with pytest.raises(BuildError, match="deb:x has a symlink at /lib"):
        ordered([symlink("lib", "deb:x", "usr/lib"), file("lib/a", "deb:y", b"")])
    with pytest.raises(BuildError, match="deb:x has a file at /lib"):
        ordered([file("lib/sub/a", "deb:y", b""), file("lib", "deb:x", b"")])


def test_a_hard_link_needs_its_file_in_the_same_layer() -> None:
    with pytest.raises(BuildError, match="hard link /a points to /b"):
        ordered([Entry("a", EntryKind.HARDLINK, 0o644, "app", target="b")])


@pytest.mark.skipif(shutil.which("tar") is None, reason="no tar program")
def test_gnu_tar_unpacks_it(tmp_path: Path) -> None:
    done = subprocess.run(
        ("tar", "-xf", "-", "-C", str(tmp_path)),
        input=tar_of(sample_entries()),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / LONG / "module.py").read_bytes() == b"x = 1\n" * 5000
    assert (tmp_path / "usr/bin/a-hard-link").samefile(tmp_path / "usr/bin/tool")


LETTERS = st.text("ab.-_é日\U0001f371 '\"\n\t=", min_size=1, max_size=120)
NAMES = LETTERS.filter(lambda text: text not in (".", ".."))
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)
NUMBERS = st.sampled_from([0, 10001, 0o7777777, 0o10000000, 2**31])


@st.composite
def file_entries(draw: st.DrawFn) -> tuple[Entry, ...]:
    """Files and links in directories that nobody else wants to be files."""
    chosen: dict[str, Entry] = {}
    for number, path in enumerate(draw(st.lists(PATHS, max_size=8))):
        unique = f"d{number}/{path}"
        if draw(st.booleans()):
            chosen[unique] = symlink(unique, "app", draw(PATHS))
        else:
            content = draw(st.binary(max_size=1500))
            mode, uid, gid = draw(st.integers(0, 0o7777)), draw(NUMBERS), draw(NUMBERS)
            chosen[unique] = file(unique, "app", content, mode=mode, uid=uid, gid=gid)
    return tuple(chosen.values())


@given(file_entries(), st.integers(0, 2**35), st.integers(1, 5000))
@settings(max_examples=150)
def test_any_entries_come_back_through_tarfile(
    entries: tuple[Entry, ...], epoch_seconds: int, chunk_bytes: int
) -> None:
    content = tar_of(entries, epoch_seconds=epoch_seconds, chunk_bytes=chunk_bytes)
    with tarfile.open(fileobj=io.BytesIO(content), errorlevel=2) as archive:
        members = {member.name: member for member in archive.getmembers()}
        assert set(members) == {entry.path for entry in entries}
        for entry in entries:
            member = members[entry.path]
            assert (member.uid, member.gid, member.mode) == (entry.uid, entry.gid, entry.mode)
            assert (member.mtime, member.linkname) == (epoch_seconds, entry.target)
            held = archive.extractfile(member) if member.isfile() else None
            assert entry.content is None or (held is not None and held.read() == entry.content.read())
