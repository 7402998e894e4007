"""Paths that stay inside, and files that are written whole or not at all."""

from pathlib import Path

import pytest

from okamochi.errors import BuildError
from okamochi.system.files import StorageError, checked_path, confined, write_atomic


@pytest.mark.parametrize(
    ("name", "path"), [("./usr/bin/env", "usr/bin/env"), ("a//b/./c/", "a/b/c"), ("..a/b..", "..a/b..")]
)
def test_a_member_name_is_normalised(name: str, path: str) -> None:
    assert checked_path(name, archive="x.whl") == path


@pytest.mark.parametrize("name", ["", ".", "./", "/etc/passwd", "a/../../b", "..", "a\0b", "a/.."])
def test_a_member_name_that_leads_out_is_refused_and_the_archive_named(name: str) -> None:
    with pytest.raises(BuildError) as raised:
        checked_path(name, archive="evil-1.0-py3-none-any.whl")
    assert raised.value.where == "evil-1.0-py3-none-any.whl"
    assert raised.value.hint


def test_a_member_may_not_be_written_through_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/etc")
    with pytest.raises(BuildError, match="symbolic link 'out'"):
        confined(tmp_path, "out/passwd", archive="x.tar")


def test_a_confined_path_may_end_in_a_link_which_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert confined(tmp_path, "./link", archive="x.tar") == tmp_path / "link"


def test_an_atomic_write_replaces_the_file_with_its_mode_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "new" / "okamochi.lock"
    write_atomic(target, b"one")
    write_atomic(target, b"two", mode=0o600)
    assert target.read_bytes() == b"two"
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["okamochi.lock"]


def test_a_write_below_a_file_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError) as raised:
        write_atomic(tmp_path / "file" / "below", b"x")
    assert "writable" in raised.value.hint
