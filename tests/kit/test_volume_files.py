"""Volumes as streams and back: what others write meanwhile, and archives that lie."""

import fcntl
import io
import os
import sqlite3
import tarfile
import threading
from pathlib import Path

import pytest

from okamochi.kit import volume_files


def saved(folder: Path) -> bytes:
    stream = io.BytesIO()
    volume_files.save(str(folder), stream)
    return stream.getvalue()


def names(content: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return tar.getnames()


def test_what_was_saved_takes_the_place_of_what_is_there(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "deep").mkdir(parents=True)
    (old / "deep" / "a.bin").write_bytes(os.urandom(100_000))
    (old / "deep" / "a.bin").chmod(0o640)
    os.utime(old / "deep" / "a.bin", (1_000_000_000, 1_000_000_000))
    (old / "link").symlink_to("deep/a.bin")
    (new / "deep").mkdir(parents=True)
    (new / "deep" / "too late").write_text("x")
    volume_files.load(str(new), io.BytesIO(saved(old)))
    assert sorted(str(path.relative_to(new)) for path in new.rglob("*")) == ["deep", "deep/a.bin", "link"]
    assert (new / "deep" / "a.bin").read_bytes() == (old / "deep" / "a.bin").read_bytes()
    assert (new / "deep" / "a.bin").stat().st_mode & 0o777 == 0o640
    assert (new / "deep" / "a.bin").stat().st_mtime == 1_000_000_000
    assert (new / "link").readlink() == Path("deep/a.bin")


def test_bits_that_give_rights_away_are_not_kept(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    (old / "tool").touch()
    (old / "tool").chmod(0o6755)
    volume_files.load(str(new), io.BytesIO(saved(old)))
    assert (new / "tool").stat().st_mode & 0o7777 == 0o755


def test_attributes_of_files_and_folders_are_kept(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "photos").mkdir(parents=True)
    new.mkdir()
    (old / "photos" / "a.gif").write_bytes(b"GIF89a")
    try:
        os.setxattr(old / "photos", "user.acl", b"\xff\x00 owner")
        os.setxattr(old / "photos" / "a.gif", "user.content-type", b"image/gif")
    except OSError:
        pytest.skip("this file system keeps no attributes")
    volume_files.load(str(new), io.BytesIO(saved(old)))
    assert os.getxattr(new / "photos", "user.acl") == b"\xff\x00 owner"
    assert os.getxattr(new / "photos" / "a.gif", "user.content-type") == b"image/gif"


def test_a_database_of_sqlite_is_copied_whole_while_it_is_open_and_written(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "back").mkdir()
    connection = sqlite3.connect(tmp_path / "data" / "shop.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE goods (name TEXT)")
    connection.executemany("INSERT INTO goods VALUES (?)", [(str(n),) for n in range(1000)])
    connection.commit()
    connection.execute("INSERT INTO goods VALUES ('not committed')")
    content = saved(tmp_path / "data")
    assert names(content) == ["shop.db"]  # what its -wal holds is in it
    connection.close()
    volume_files.load(str(tmp_path / "back"), io.BytesIO(content))
    with sqlite3.connect(tmp_path / "back" / "shop.db") as copy:
        assert copy.execute("SELECT count(*) FROM goods").fetchone() == (1000,)
    assert not list((tmp_path / "data").glob(".okamochi-*"))


def archive(*members: tuple[str, str]) -> bytes:
    """(name, link or content): a name that ends with @ is a link."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, text in members:
            member = tarfile.TarInfo(name.rstrip("@"))
            if name.endswith("@"):
                member.type, member.linkname = tarfile.SYMTYPE, text
                tar.addfile(member)
            else:
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        archive(("../out", "x")),
        archive(("/out", "x")),
        archive(("a@", ".."), ("a/out", "x")),
        archive(("a", "x"), ("a", "y")),
        archive(("a", "x"))[:700],
        archive(("a", "x")) + archive(("b", "y")) * 3,
        b"no archive",
    ],
    ids=["climbs", "absolute", "through a link", "twice", "cut off", "goes on", "no archive"],
)
def test_an_archive_that_lies_changes_nothing(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "kept").write_text("kept")
    with pytest.raises((SystemExit, tarfile.TarError, OSError)):
        volume_files.load(str(folder), io.BytesIO(content))
    assert [path.name for path in folder.iterdir()] == ["kept"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_where_one_thing_cannot_be_moved_all_of_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a folder of root's, of which the app's user may remove nothing."""
    for name in ("a", "b", "c", "lost+found"):
        (tmp_path / name).mkdir()
    rename = os.rename

    def refusing(source: str, target: str) -> None:
        if source.endswith("/b"):
            raise PermissionError(13, "Permission denied", source)
        rename(source, target)

    monkeypatch.setattr(os, "rename", refusing)
    with pytest.raises(PermissionError):
        volume_files.load(str(tmp_path), io.BytesIO(archive(("new", "x"))))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c", "lost+found"]
    monkeypatch.setattr(os, "rename", rename)
    volume_files.load(str(tmp_path), io.BytesIO(archive(("new", "x"))))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lost+found", "new"]


def test_a_damaged_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_bytes(volume_files.SQLITE + os.urandom(5000))
    with pytest.raises(SystemExit, match=r"shop\.db: "):
        saved(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["shop.db"]


def test_an_empty_volume_is_filled_once_and_one_in_use_never(tmp_path: Path) -> None:
    volume, image = tmp_path / "volume", tmp_path / "image"
    (volume / "lost+found").mkdir(parents=True)
    (volume / ".okamochi-half").mkdir()  # of a start that was ended
    (volume / ".okamochi-half" / "logo.png").touch()
    (image / "deep").mkdir(parents=True)
    (image / "deep" / "logo.png").write_bytes(b"first")
    volume_files.fill(str(volume), str(image))
    assert (volume / "deep/logo.png").read_bytes() == b"first"
    assert sorted(path.name for path in volume.iterdir()) == ["deep", "lost+found"]
    (image / "deep" / "logo.png").write_bytes(b"second")
    volume_files.fill(str(volume), str(image))
    assert (volume / "deep/logo.png").read_bytes() == b"first"


def test_while_another_pod_fills_the_volume_a_second_one_waits(tmp_path: Path) -> None:
    volume, image = tmp_path / "volume", tmp_path / "image"
    volume.mkdir()
    image.mkdir()
    (image / "logo.png").touch()
    second = threading.Thread(target=volume_files.fill, args=(str(volume), str(image)), daemon=True)
    first = os.open(volume, os.O_RDONLY)
    try:
        fcntl.flock(first, fcntl.LOCK_EX)
        (volume / ".okamochi-filling").mkdir()
        second.start()
        second.join(0.3)
        assert [path.name for path in volume.iterdir()] == [".okamochi-filling"]
    finally:
        os.close(first)
    second.join(20)
    assert [path.name for path in volume.iterdir()] == ["logo.png"]


def test_a_volume_is_left_empty_where_the_image_has_nothing(tmp_path: Path) -> None:
    volume_files.fill(str(tmp_path), str(tmp_path / "missing"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["fill", "x"], ["save"], ["drop", "x"]])
def test_other_words_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="usage"):
        volume_files.main(arguments)
