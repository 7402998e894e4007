"""Builds that meet, are killed or find the disk full: no corrupt cache, and the next build is right."""

import os
import random
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from okamochi.oci.digest import Digest
from okamochi.system.cache import Cache
from tests.bad_projects.test_machines import mounted
from tests.cli.program import Program
from tests.workflows.conftest import Build, building

pytestmark = [pytest.mark.network, pytest.mark.slow]

KILLS = 5


@pytest.fixture
def expected(locked_minimal: Path, build: Build) -> str:
    return build(locked_minimal, layout="expected").digest


def wrong_blobs(cache: Path) -> list[str]:
    """Blobs whose content is not what their name says."""
    blobs = [path for path in (cache / "blobs/sha256").rglob("*") if path.is_file()]
    assert blobs
    return [path.name for path in blobs if Digest.of(path.read_bytes()).hex != digest_named(path)]


def digest_named(path: Path) -> str:
    """Some caches split the name over folders."""
    return path.name if len(path.name) == 64 else path.parent.name + path.name


def test_two_builds_at_once_into_one_cache_are_both_right(
    expected: str, locked_minimal: Path, minimal: Path, fresh_cache: Path, tmp_path: Path
) -> None:
    program = Program({"OKAMOCHI_CACHE_DIR": str(fresh_cache)})
    builds = [(locked_minimal, "one"), (minimal, "two"), (minimal, "three")]
    with ThreadPoolExecutor(len(builds)) as pool:
        run = building(program, tmp_path)
        answers = list(pool.map(lambda each: run(each[0], layout=each[1]), builds))
    assert {built.digest for built in answers} == {expected}
    assert wrong_blobs(fresh_cache) == []


def test_a_build_that_is_killed_at_any_moment_leaves_nothing_wrong(
    expected: str, minimal: Path, fresh_cache: Path, tmp_path: Path
) -> None:
    program = Program({"OKAMOCHI_CACHE_DIR": str(fresh_cache)})
    chance = random.Random(4711)
    lock = (minimal / "okamochi.lock").read_bytes()
    for moment in sorted(chance.uniform(0.3, 6) for _ in range(KILLS)):
        argv = (*program.start, "build", minimal, "--to", f"layout:{tmp_path / 'killed'}")
        running = subprocess.Popen(
            argv, env=program.whole_environ, start_new_session=True, stderr=subprocess.DEVNULL
        )
        time.sleep(moment)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        assert wrong_blobs(fresh_cache) == []
        assert (minimal / "okamochi.lock").read_bytes() == lock
    built = building(program, tmp_path)(minimal, layout="killed")
    assert built.digest == expected
    unfinished = [path for path in (built.layout / "blobs/sha256").iterdir() if path.name.startswith(".")]
    assert unfinished == []
    Cache.open(fresh_cache).prune()
    assert list((fresh_cache / "tmp").iterdir()) == []


def test_an_interrupted_build_says_so(minimal: Path, fresh_cache: Path, tmp_path: Path) -> None:
    program = Program({"OKAMOCHI_CACHE_DIR": str(fresh_cache)})
    argv = (*program.start, "build", minimal, "--to", f"layout:{tmp_path / 'layout'}")
    running = subprocess.Popen(
        argv,
        env=program.whole_environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    time.sleep(1.5)
    os.killpg(running.pid, signal.SIGINT)
    stdout, stderr = running.communicate(timeout=60)
    if running.returncode == 0:
        pytest.skip("the build was done before it could be interrupted")
    assert (running.returncode, stdout) == (130, b"")
    assert b"interrupted" in stderr and b"Traceback" not in stderr
    assert not (tmp_path / "layout").exists()


def test_a_disk_that_is_full_is_told_and_the_next_build_is_right(
    expected: str, minimal: Path, fresh_cache: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    needed = sum(path.lstat().st_blocks * 512 for path in fresh_cache.rglob("*"))
    with mounted(disk, f"size={needed // 2**20 + 200}m"):
        shutil.copytree(fresh_cache, disk / "cache", symlinks=True)
        ballast = disk / "ballast"
        with ballast.open("wb") as stream:
            room = shutil.disk_usage(disk).free - 6_000_000
            for _ in range(room // 1_000_000):
                stream.write(bytes(1_000_000))
        program = Program({"OKAMOCHI_CACHE_DIR": str(disk / "cache")})
        answer = program("build", minimal, "--to", f"layout:{tmp_path / 'layout'}")
        assert (answer.code, answer.stdout) == (1, ""), answer.stderr
        assert "disk is full" in answer.stderr and "hint:" in answer.stderr
        assert not (tmp_path / "layout").exists()
        ballast.unlink()
        assert building(program, tmp_path)(minimal, layout="after").digest == expected
        assert wrong_blobs(disk / "cache") == []
