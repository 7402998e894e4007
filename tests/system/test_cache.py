"""The cache in one process."""

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from okamochi.errors import RegistryError
from okamochi.system.boot import boot_seconds
from okamochi.system.cache import Cache
from okamochi.system.cache_use import TOUCH_SECONDS, CacheUse
from okamochi.system.files import StorageError

HELLO = hashlib.sha256(b"hello").hexdigest()


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache.open(tmp_path / "cache")


def fill(tree: Path) -> None:
    (tree / "pkg").mkdir()
    (tree / "pkg" / "a.py").write_text("x = 1\n")
    (tree / "link").symlink_to("pkg/a.py")


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def unfinished(cache: Cache) -> list[str]:
    return [path.name for path in (cache.root / "tmp").glob("*/*") if path.name != "alive"]


def test_opening_and_asking_make_nothing(cache: Cache) -> None:
    assert cache.blob(HELLO) is None
    assert cache.record("wheels", "key") is None
    assert cache.info() == ()
    assert cache.prune() == 0
    assert not cache.root.exists()


def test_content_is_kept_by_its_digest_and_cannot_be_written(cache: Cache) -> None:
    assert cache.put_bytes(b"hello") == HELLO
    path = cache.blob(HELLO)
    assert path is not None
    assert path.read_bytes() == b"hello"
    assert path.stat().st_mode & 0o777 == 0o444
    assert unfinished(cache) == []


def test_a_stream_is_hashed_while_it_is_written(cache: Cache) -> None:
    def write(stream: BinaryIO) -> None:
        stream.write(b"hel")
        stream.write(memoryview(b"lo"))

    digest, size_bytes, path = cache.put_stream(write)
    assert (digest, size_bytes, path.read_bytes()) == (HELLO, 5, b"hello")


def test_what_is_here_is_not_written_again(cache: Cache) -> None:
    cache.put_bytes(b"hello")

    def write(stream: BinaryIO) -> None:
        raise AssertionError("asked for twice")

    assert cache.put_stream(write, sha256=HELLO)[:2] == (HELLO, 5)


def test_content_with_another_digest_is_refused_and_not_kept(cache: Cache) -> None:
    with pytest.raises(RegistryError, match="not what was announced"):
        cache.put_stream(lambda stream: put(stream, b"other"), sha256=HELLO)
    assert cache.blob(HELLO) is None
    assert cache.blob(hashlib.sha256(b"other").hexdigest()) is None
    assert unfinished(cache) == []


def put(stream: BinaryIO, content: bytes) -> None:
    stream.write(content)


def test_what_the_writer_raises_passes_and_leaves_nothing(cache: Cache) -> None:
    def write(stream: BinaryIO) -> None:
        stream.write(b"half")
        raise RuntimeError("cut")

    with pytest.raises(RuntimeError, match="cut"):
        cache.put_stream(write)
    assert unfinished(cache) == []


@pytest.mark.parametrize("text", ["sha256:" + HELLO, HELLO[:-1], HELLO.upper(), "../../../etc/passwd"])
def test_only_a_plain_digest_names_a_blob(cache: Cache, text: str) -> None:
    with pytest.raises(ValueError, match="not a sha256"):
        cache.blob(text)


def test_a_record_is_kept_under_any_key_and_the_last_one_wins(cache: Cache) -> None:
    cache.put_record("index", "a/../b c\n", b"one")
    cache.put_record("index", "a/../b c\n", b"two")
    assert cache.record("index", "a/../b c\n") == b"two"
    assert cache.record("index", "other") is None
    assert cache.record("other", "a/../b c\n") is None


@pytest.mark.parametrize("damage", [b"", b"\0" * 70, b"garbage"])
def test_a_record_that_a_power_cut_damaged_is_none(cache: Cache, damage: bytes) -> None:
    cache.put_record("index", "key", b"content")
    record = next(path for path in (cache.root / "records").rglob("*") if path.is_file())
    record.write_bytes(damage)
    assert cache.record("index", "key") is None


def test_a_folder_is_made_once(cache: Cache) -> None:
    made = []

    def make(tree: Path) -> None:
        made.append(tree)
        fill(tree)

    first = cache.folder("wheels", "flask-3.1.3", make)
    again = Cache.open(cache.root).folder("wheels", "flask-3.1.3", make)
    assert first == again
    assert (again / "link").read_text() == "x = 1\n"
    assert len(made) == 1


def test_folder_keys_that_are_no_file_names_stay_apart(cache: Cache) -> None:
    keys = ["../up", "A", "a", "x" * 500, "", ".", "ü"]
    paths = {cache.folder("roots", key, fill) for key in keys}
    assert len({str(path).lower() for path in paths}) == len(keys)
    assert all(path.is_relative_to(cache.root / "folders" / "roots") for path in paths)


def test_a_folder_whose_making_fails_is_not_there_and_is_made_the_next_time(cache: Cache) -> None:
    def fail(tree: Path) -> None:
        fill(tree)
        raise RuntimeError("no wheel")

    with pytest.raises(RuntimeError, match="no wheel"):
        cache.folder("wheels", "key", fail)
    assert unfinished(cache) == []
    assert (cache.folder("wheels", "key", fill) / "pkg" / "a.py").exists()


def test_making_one_folder_may_ask_for_another(cache: Cache) -> None:
    outer = cache.folder("roots", "outer", lambda tree: copy_inner(cache, tree))
    assert (outer / "inner").read_text() == "x = 1\n"


def copy_inner(cache: Cache, tree: Path) -> None:
    inner = cache.folder("wheels", "inner", fill)
    (tree / "inner").write_bytes((inner / "pkg" / "a.py").read_bytes())


def test_threads_that_want_one_folder_make_it_once(cache: Cache) -> None:
    made = []

    def make(tree: Path) -> None:
        made.append(1)
        time.sleep(0.1)
        fill(tree)

    threads = [threading.Thread(target=cache.folder, args=("roots", "key", make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


def test_lock_files_do_not_pile_up(cache: Cache) -> None:
    for number in range(50):
        with cache.lock(f"name {number}"):
            pass
    assert len(list((cache.root / "locks").iterdir())) <= 2


def test_a_temporary_folder_is_removed_with_read_only_folders_in_it(cache: Cache) -> None:
    with cache.temporary() as folder:
        (folder / "closed").mkdir()
        (folder / "closed" / "file").write_text("x")
        (folder / "closed").chmod(0o500)
        assert folder.is_relative_to(cache.root)
    assert not folder.exists()


def test_a_temporary_folder_is_removed_however_deep_a_strangers_code_has_nested_it(cache: Cache) -> None:
    try:
        with cache.temporary() as folder:
            (folder / "beside").mkdir()
            (folder / "beside/link").symlink_to("/")
            handle = os.open(folder, os.O_RDONLY)
            for _ in range(1500):
                os.mkdir("nested", dir_fd=handle)
                os.mkdir("closed", mode=0o500, dir_fd=handle)
                inner = os.open("nested", os.O_RDONLY, dir_fd=handle)
                os.close(handle)
                handle = inner
            os.close(handle)
        assert not folder.exists()
        assert Cache.open(cache.root).put_bytes(b"x")
    finally:
        # pytest could not remove it either
        subprocess.run(("rm", "-rf", os.fspath(cache.root / "tmp")), check=True)


def test_a_blob_from_before_the_boot_is_verified_once(cache: Cache) -> None:
    """After a power cut, a renamed file can lack its content."""
    cache.put_bytes(b"hello")
    path = cache.blob(HELLO)
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(b"")
    before_boot = boot_seconds() - 100
    os.utime(path, (before_boot, before_boot))
    later = Cache.open(cache.root)
    assert later.blob(HELLO) is None
    later.put_bytes(b"hello")
    mended = later.blob(HELLO)
    assert mended is not None
    assert mended.read_bytes() == b"hello"


def test_a_right_blob_from_before_the_boot_is_used(cache: Cache) -> None:
    cache.put_bytes(b"hello")
    path = cache.blob(HELLO)
    assert path is not None
    before_boot = boot_seconds() - 100
    os.utime(path, (before_boot, before_boot))
    assert Cache.open(cache.root).blob(HELLO) == path
    assert path.stat().st_mtime > time.time() - 60


def test_a_folder_from_before_the_boot_that_lost_content_is_made_again(cache: Cache) -> None:
    tree = cache.folder("wheels", "key", fill)
    (tree / "pkg" / "a.py").write_text("")
    before_boot = boot_seconds() - 100
    os.utime(tree.parent / "shape", (before_boot, before_boot))
    again = Cache.open(cache.root).folder("wheels", "key", fill)
    assert (again / "pkg" / "a.py").read_text() == "x = 1\n"


def test_use_is_accounted_by_kind(cache: Cache) -> None:
    cache.put_bytes(b"hello")
    cache.put_record("index", "key", b"content")
    cache.folder("roots", "key", fill)
    (cache.tool_folder("uv") / "file").write_bytes(b"12345678")
    assert cache.info() == (
        CacheUse("blobs", 1, 5),
        CacheUse("records", 1, 65 + 7),
        CacheUse("roots", 1, 6 + 8),
        CacheUse("uv", 1, 8),
    )


def three_old_blobs(root: Path) -> list[Path]:
    """Of 100 bytes each, used 3, 2 and 1 days ago, by a process that is gone."""
    cache = Cache.open(root)
    paths = [cache.blob(cache.put_bytes(bytes([number]) * 100)) or root for number in range(3)]
    for days, path in zip((3, 2, 1), paths, strict=True):
        age(path, days * 86400)
    return paths


def test_pruning_removes_what_was_not_used_for_longest_until_the_rest_fits(tmp_path: Path) -> None:
    oldest, older, old = three_old_blobs(tmp_path)
    cache = Cache.open(tmp_path)
    assert cache.prune(250) == 100
    assert [path.exists() for path in (oldest, older, old)] == [False, True, True]
    assert cache.prune(250) == 0


def test_pruning_spares_what_this_process_has_used_however_small_the_limit(tmp_path: Path) -> None:
    oldest, older, old = three_old_blobs(tmp_path)
    cache = Cache.open(tmp_path)
    used = cache.blob(oldest.name)
    assert cache.prune(0) == 200
    assert used == oldest
    assert [path.exists() for path in (oldest, older, old)] == [True, False, False]


def test_using_a_blob_makes_it_young(tmp_path: Path) -> None:
    oldest, older, old = three_old_blobs(tmp_path)
    Cache.open(tmp_path).blob(oldest.name)
    Cache.open(tmp_path).prune(150)
    assert [path.exists() for path in (oldest, older, old)] == [True, False, False]


def test_a_fresh_use_is_not_written_down_again(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    # a machine that has just started has the first use of each thing verified, and written down
    monkeypatch.setattr("okamochi.system.cache.boot_seconds", lambda: 0.0)
    cache.put_bytes(b"hello")
    path = cache.blob(HELLO)
    assert path is not None
    age(path, TOUCH_SECONDS / 2)
    before = path.stat().st_mtime
    Cache.open(cache.root).blob(HELLO)
    assert path.stat().st_mtime == before


def test_what_uv_links_into_a_tree_is_counted_once(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path / "cache")
    kept = cache.tool_folder("uv") / "file"
    kept.write_bytes(b"12345678")
    cache.folder("wheels", "one", lambda tree: os.link(kept, tree / "file"))
    assert {use.kind: use.size_bytes for use in cache.info()} == {"uv": 0, "wheels": 8}


def test_folders_are_pruned_whole(tmp_path: Path) -> None:
    tree = Cache.open(tmp_path).folder("roots", "key", fill)
    assert Cache.open(tmp_path).prune(0) == 14
    assert not tree.parent.exists()
    assert unfinished(Cache.open(tmp_path)) == []


def test_a_folder_held_for_a_process_is_spared_until_it_ends(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path)
    tree = cache.folder("roots", "key", fill)
    app = subprocess.Popen((sys.executable, "-c", "import time; time.sleep(60)"))
    try:
        cache.hold_folder("roots", "key", pid=app.pid)
        assert cache.clear() == 0
        assert tree.exists()
    finally:
        app.kill()
        app.wait()
    assert cache.clear() == 14
    assert not tree.exists()
    assert list((tmp_path / "pins").iterdir()) == []


def test_a_pin_that_lost_its_content_in_a_power_cut_holds_nothing(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path)
    cache.folder("roots", "key", fill)
    (tmp_path / "pins").mkdir()
    (tmp_path / "pins/1-ab.pin").touch()
    assert cache.clear() == 14
    assert list((tmp_path / "pins").iterdir()) == []


@pytest.mark.parametrize("left", ["", "3\n", "3 many\n"])
def test_a_folder_whose_shape_a_power_cut_took_is_counted_and_removed(tmp_path: Path, left: str) -> None:
    """All that looks over the cache failed on it, each `up` too when it had to prune."""
    cache = Cache.open(tmp_path)
    shape = cache.folder("roots", "key", fill).parent / "shape"
    shape.write_text(left)
    assert [(one.kind, one.entries) for one in cache.info()] == [("roots", 1)]
    assert cache.clear() == 14 + len(left)
    assert not shape.exists()


def test_clearing_removes_everything_and_the_cache_goes_on(cache: Cache) -> None:
    cache.put_bytes(b"hello")
    cache.folder("roots", "key", fill)
    cache.put_record("index", "key", b"content")
    assert cache.clear() > 0
    assert cache.info() == ()
    assert cache.blob(HELLO) is None
    assert cache.put_bytes(b"hello") == HELLO
    assert cache.blob(HELLO) is not None


def test_a_cache_folder_removed_under_our_feet_is_made_again(cache: Cache) -> None:
    cache.put_bytes(b"hello")
    shutil.rmtree(cache.root)
    assert cache.blob(HELLO) is None
    cache.put_bytes(b"hello")
    assert cache.blob(HELLO) is not None


def test_a_folder_can_be_asked_for_without_making_it(cache: Cache) -> None:
    assert cache.folder_if_made("roots", "key") is None
    tree = cache.folder("roots", "key", fill)
    assert cache.folder_if_made("roots", "key") == tree


def test_pruning_when_due_happens_after_much_was_written_and_once_a_day(tmp_path: Path) -> None:
    three_old_blobs(tmp_path)
    assert Cache.open(tmp_path, limit_bytes=250).prune_when_due() == 100
    assert Cache.open(tmp_path, limit_bytes=150).prune_when_due() == 0
    busy = Cache.open(tmp_path, limit_bytes=150)
    busy.put_bytes(b"new content")
    assert busy.prune_when_due() == 100
    age(tmp_path / "pruned", 2 * 86400)
    assert Cache.open(tmp_path, limit_bytes=50).prune_when_due() == 100


def test_whoever_fills_the_disk_in_a_temporary_folder_is_told_where_the_cache_is(cache: Cache) -> None:
    with pytest.raises(StorageError, match="the disk is full") as raised, cache.temporary() as folder:
        raise OSError(errno.ENOSPC, "No space left on device")  # as a write without a name says it
    assert raised.value.where == os.fspath(cache.root)
    assert not folder.exists()
    with pytest.raises(PermissionError), cache.temporary():
        raise PermissionError(errno.EACCES, "Permission denied", "elsewhere")
