"""The cache among processes: two at once, killed ones, a full disk, a folder that cannot be written."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from okamochi.system.cache import Cache
from okamochi.system.files import StorageError

BIG = b"okamochi" * 250_000
BIG_SHA256 = hashlib.sha256(BIG).hexdigest()

HEAD = """
import os, sys, time
from pathlib import Path
from okamochi.system.cache import Cache
cache = Cache.open(Path(sys.argv[1]))
signs = Path(sys.argv[2])
def sign(name):
    (signs / f"{name}-{os.getpid()}").touch()
def wait_for(count, name):
    while len(list(signs.glob(f"{name}-*"))) < count:
        time.sleep(0.005)
content = b"okamochi" * 250_000
"""

FILL_BLOB = """
def write(stream):
    sign("writing")
    wait_for(2, "writing")   # both are in the middle of it at the same time
    for start in range(0, len(content), 100_000):
        stream.write(content[start:start + 100_000])
print(cache.put_stream(write)[0])
"""

FILL_FOLDER = """
def make(tree):
    sign("making")
    time.sleep(0.3)
    for number in range(20):
        (tree / f"{number}.txt").write_text(str(number))
sign("ready")
wait_for(2, "ready")
print(sorted(path.name for path in cache.folder("roots", "key", make).iterdir()))
"""

STOP_IN_BLOB = """
def write(stream):
    stream.write(content[:1_000_000])
    sign("middle")
    time.sleep(60)
cache.put_stream(write)
"""

STOP_IN_FOLDER = """
def make(tree):
    (tree / "half.txt").write_text("half")
    with cache.temporary() as folder:
        (folder / "more").write_text("x")
        sign("middle")
        time.sleep(60)
cache.folder("roots", "key", make)
"""

HOLD_BLOB = """
path = cache.blob(sys.argv[3])
sign("middle")
time.sleep(60)
"""

WORK = """
for number in range(10_000):
    cache.put_stream(lambda stream: stream.write(content))
    cache.put_record("index", "key", content[:100_000])
    cache.folder("roots", f"key-{number % 5}", lambda tree: (tree / "file").write_bytes(content))
    sign("started")
    if number % 3 == 2:
        cache.clear()
"""


class Others:
    """Further processes on one cache."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "cache"
        self.signs = folder / "signs"
        self.signs.mkdir()
        self.started: list[subprocess.Popen[str]] = []

    def start(self, script: str, *more: str) -> subprocess.Popen[str]:
        argv = (sys.executable, "-c", HEAD + script, os.fspath(self.root), os.fspath(self.signs), *more)
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        self.started.append(process)
        return process

    def wait_for(self, name: str, *, count: int = 1) -> None:
        end = time.monotonic() + 60
        while len(list(self.signs.glob(f"{name}-*"))) < count:
            assert time.monotonic() < end, f"no {name} within a minute"
            time.sleep(0.01)

    def end(self) -> None:
        for process in self.started:
            process.kill()
            process.communicate()


@pytest.fixture
def others(tmp_path: Path) -> Iterator[Others]:
    processes = Others(tmp_path)
    yield processes
    processes.end()


def unfinished(root: Path) -> list[Path]:
    return [path for path in (root / "tmp").glob("*/*") if path.name != "alive"]


def test_two_processes_that_write_the_same_blob_at_once_both_get_it(others: Others) -> None:
    both = [others.start(FILL_BLOB), others.start(FILL_BLOB)]
    assert [process.communicate(timeout=60)[0].strip() for process in both] == [BIG_SHA256] * 2
    path = Cache.open(others.root).blob(BIG_SHA256)
    assert path is not None
    assert path.read_bytes() == BIG
    assert unfinished(others.root) == []


def test_two_processes_that_want_the_same_folder_make_it_once(others: Others) -> None:
    both = [others.start(FILL_FOLDER), others.start(FILL_FOLDER)]
    lists = {process.communicate(timeout=60)[0] for process in both}
    assert len(lists) == 1
    assert "'19.txt'" in lists.pop()
    assert len(list(others.signs.glob("making-*"))) == 1


def test_a_process_killed_in_the_middle_of_a_blob_leaves_nothing_and_the_next_call_is_right(
    others: Others,
) -> None:
    process = others.start(STOP_IN_BLOB)
    others.wait_for("middle")
    process.kill()
    process.wait()
    assert unfinished(others.root) != []
    cache = Cache.open(others.root)
    assert cache.blob(BIG_SHA256) is None
    assert cache.put_bytes(BIG) == BIG_SHA256
    assert unfinished(others.root) == []
    assert len(list((others.root / "tmp").iterdir())) == 1


def test_a_process_killed_while_it_makes_a_folder_releases_it_and_the_next_call_is_right(
    others: Others,
) -> None:
    process = others.start(STOP_IN_FOLDER)
    others.wait_for("middle")
    process.send_signal(signal.SIGKILL)
    process.wait()
    tree = Cache.open(others.root).folder("roots", "key", lambda tree: whole(tree))
    assert [path.name for path in tree.iterdir()] == ["whole.txt"]
    assert unfinished(others.root) == []


def whole(tree: Path) -> None:
    (tree / "whole.txt").write_text("whole")


def test_a_living_process_keeps_its_unfinished_files(others: Others) -> None:
    others.start(STOP_IN_BLOB)
    others.wait_for("middle")
    Cache.open(others.root).put_bytes(b"hello")
    assert len(unfinished(others.root)) == 1


def test_processes_killed_at_any_moment_never_leave_a_wrong_entry(others: Others) -> None:
    for round_number in range(8):
        pair = [others.start(WORK), others.start(WORK)]
        others.wait_for("started", count=2 * (round_number + 1))
        time.sleep(0.013 * round_number)
        for process in pair:
            process.kill()
            process.wait()
        check_everything(others.root)


def check_everything(root: Path) -> None:
    """Every name that can be asked for holds what it must hold."""
    cache = Cache.open(root)
    for path in (root / "blobs").rglob("*"):
        if path.is_file():
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    assert cache.record("index", "key") in (None, BIG[:100_000])
    for number in range(5):
        tree = cache.folder("roots", f"key-{number}", lambda tree: big_file(tree))
        assert (tree / "file").read_bytes() == BIG
    assert unfinished(root) == []


def big_file(tree: Path) -> None:
    (tree / "file").write_bytes(BIG)


def test_neither_pruning_nor_clearing_takes_what_a_running_process_uses(others: Others) -> None:
    mine = Cache.open(others.root)
    held, unused = mine.put_bytes(b"held"), mine.put_bytes(b"unused")
    for sha256 in (held, unused):
        path = mine.blob(sha256)
        assert path is not None
        os.utime(path, (time.time() - 90_000, time.time() - 90_000))
    del mine
    process = others.start(HOLD_BLOB, held)
    others.wait_for("middle")
    cache = Cache.open(others.root)
    assert cache.prune(0) == len(b"unused")
    assert cache.clear() == 0
    process.kill()
    process.wait()
    assert cache.clear() == len(b"held")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte, where mounting is allowed."""
    folder = tmp_path / "small"
    folder.mkdir()
    yield from mounted(folder, "-t", "tmpfs", "-o", "size=1m,mode=0755", "tmpfs")


def mounted(folder: Path, *options: str) -> Iterator[Path]:
    done = subprocess.run(("mount", *options, os.fspath(folder)), capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(("umount", "--lazy", os.fspath(folder)), check=True)


def test_a_full_disk_is_an_error_with_a_hint_and_the_cache_stays_right(small_disk: Path) -> None:
    cache = Cache.open(small_disk / "cache")
    small = cache.put_bytes(b"small")
    with pytest.raises(StorageError) as raised:
        cache.put_bytes(BIG)
    assert raised.value.message == "the disk is full"
    assert raised.value.where == os.fspath(cache.root)
    assert "okamochi cache prune" in raised.value.hint and "OKAMOCHI_CACHE_DIR" in raised.value.hint
    assert cache.blob(BIG_SHA256) is None
    assert cache.blob(small) is not None
    assert unfinished(cache.root) == []


def test_a_disk_that_fills_up_while_a_folder_is_made_is_the_same_error(small_disk: Path) -> None:
    cache = Cache.open(small_disk / "cache")
    with pytest.raises(StorageError, match="the disk is full"):
        cache.folder("roots", "key", lambda tree: big_file(tree))
    assert (cache.folder("roots", "key", lambda tree: whole(tree)) / "whole.txt").exists()
    assert unfinished(cache.root) == []


def test_a_full_disk_can_be_pruned(small_disk: Path) -> None:
    filler = Cache.open(small_disk / "cache")
    filler.put_bytes(BIG[:900_000])
    with pytest.raises(StorageError):
        filler.put_bytes(BIG[1:900_000])
    del filler
    cache = Cache.open(small_disk / "cache")
    assert cache.clear() == 900_000
    assert cache.put_bytes(BIG[1:900_000])


def test_a_limit_on_the_size_of_files_is_an_error_that_leaves_the_cache_right(others: Others) -> None:
    script = """
import resource
from okamochi.system.files import StorageError
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    cache.put_bytes(content)
except StorageError as error:
    print(error.message)
"""
    assert "larger than" in others.start(script).communicate(timeout=60)[0]
    cache = Cache.open(others.root)
    assert cache.blob(BIG_SHA256) is None
    assert cache.put_bytes(BIG) == BIG_SHA256


@pytest.fixture
def read_only_cache(tmp_path: Path) -> Iterator[Path]:
    """A cache with "hello" and a folder in it, in a place that cannot be written (for root: a mount)."""
    root = tmp_path / "cache"
    cache = Cache.open(root)
    cache.put_bytes(b"hello")
    cache.folder("roots", "key", lambda tree: whole(tree))
    del cache
    if os.geteuid() != 0:
        folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(0o500)
        yield root
        for folder in folders:
            folder.chmod(0o700)
        return
    subprocess.run(("mount", "--bind", os.fspath(root), os.fspath(root)), check=False)
    yield from mounted(root, "-o", "remount,bind,ro")


def test_a_read_only_cache_can_be_read(read_only_cache: Path) -> None:
    cache = Cache.open(read_only_cache)
    path = cache.blob(hashlib.sha256(b"hello").hexdigest())
    assert path is not None
    assert path.read_bytes() == b"hello"
    assert cache.put_bytes(b"hello") == path.name
    assert (cache.folder("roots", "key", lambda tree: whole(tree)) / "whole.txt").exists()
    assert cache.info() != ()


def test_writing_to_a_read_only_cache_is_an_error_that_names_the_setting(read_only_cache: Path) -> None:
    cache = Cache.open(read_only_cache)
    attempts = (
        lambda: cache.put_bytes(b"new"),
        lambda: cache.put_record("index", "key", b"new"),
        lambda: cache.folder("roots", "new", lambda tree: whole(tree)),
        lambda: cache.tool_folder("uv"),
        lambda: cache.prune(0),
    )
    for attempt in attempts:
        with pytest.raises(StorageError) as raised:
            attempt()
        assert "OKAMOCHI_CACHE_DIR" in raised.value.hint
        assert raised.value.where == os.fspath(read_only_cache)


def test_a_cache_below_a_file_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError) as raised:
        Cache.open(tmp_path / "file" / "cache").put_bytes(b"x")
    assert "OKAMOCHI_CACHE_DIR" in raised.value.hint
