"""Code that nobody has read, kept in: what it might do to get out, or to stay."""

import os
import sys
import time
from pathlib import Path

import pytest
from tests.beats import BEATS, beats_after_the_end
from tests.lacks import require_namespaces

from okamochi.errors import BuildError
from okamochi.run.host.isolated import Limits, isolated
from okamochi.system.process import Completed
from okamochi.system.subprocess_runner import SubprocessRunner

PYTHON = Path(sys.executable).resolve()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """This machine's own programs, read-only."""
    require_namespaces()
    folder = tmp_path / "root"
    for name in ("proc", "dev", "tmp", "build", *(place.lstrip("/") for place in machine_folders())):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in ("lib", "lib64", "bin"):
        if Path("/", name).is_symlink():
            (folder / name).symlink_to(Path("/", name).readlink())
    return folder


def machine_folders() -> tuple[str, ...]:
    plain = (f"/{name}" for name in ("lib", "lib64") if not Path("/", name).is_symlink())
    return ("/usr", *plain, *(() if PYTHON.is_relative_to("/usr") else (os.fspath(PYTHON.parent.parent),)))


def kept_in(
    root: Path, build: Path, code: str, *, seconds: float = 60, folder_bytes: int = 2**30
) -> Completed:
    build.mkdir()
    binds = tuple((Path(place), place, False) for place in machine_folders())
    return isolated(
        SubprocessRunner(),
        root,
        (os.fspath(PYTHON), "-I", "-c", code),
        environment={"PATH": "/usr/bin"},
        binds=(*binds, (build, "/build", True)),
        cwd="/build",
        limits=Limits(timeout_seconds=seconds, folder_bytes=folder_bytes),
    )


@pytest.mark.parametrize("content", ["'x' * 1_000_000", "''"], ids=["large files", "empty files"])
def test_what_writes_without_end_is_stopped_before_the_disk_is_full(
    root: Path, tmp_path: Path, content: str
) -> None:
    code = (
        "import itertools, os\n"
        "if os.fork():\n"
        "    os.wait()\n"
        "os.mkdir('/build/below')\n"
        "for number in itertools.count():\n"
        f"    open('/build/below/%d' % number, 'w').write({content})\n"
    )
    begun = time.monotonic()
    with pytest.raises(BuildError, match="more than 20,000,000 bytes"):
        kept_in(root, tmp_path / "build", code, seconds=300, folder_bytes=20_000_000)
    assert time.monotonic() - begun < 250
    assert sum(1 for _ in (tmp_path / "build/below").iterdir()) > 5


def test_what_takes_back_that_it_ends_with_us_ends_all_the_same(root: Path, tmp_path: Path) -> None:
    code = "import ctypes, os\nctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # PR_SET_PDEATHSIG\nos.setpgid(0, 0)\n"

    def kept(build: Path, seconds: float) -> Completed:
        return kept_in(root, build, code + BEATS, seconds=seconds)

    assert not beats_after_the_end(kept, tmp_path, processes=1)


def test_what_it_leaves_running_ends_with_it_and_its_exit_code_is_told(root: Path, tmp_path: Path) -> None:
    code = (
        "import os, sys, time\n"
        "if os.fork():\n"
        "    sys.exit(7)\n"
        "os.setsid()\n"
        "time.sleep(1)\n"
        "open('/build/late', 'w')\n"
    )
    assert kept_in(root, tmp_path / "build", code).returncode == 7
    time.sleep(1.5)
    assert not (tmp_path / "build/late").exists()


def test_what_we_have_in_our_environment_stays_outside(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELD_TOKEN", "held-token")
    code = (
        "import glob\n"
        "for path in glob.glob('/proc/[0-9]*/environ'):\n"
        "    try:\n"
        "        print(path, open(path).read())\n"
        "    except PermissionError:\n"
        "        print(path, 'closed')\n"
    )
    done = kept_in(root, tmp_path / "build", code)
    assert "PATH=/usr/bin" in done.text
    assert "held-token" not in done.text


def test_a_folder_below_its_empty_tmp_is_seen_and_what_it_says_is_told_apart(
    root: Path, tmp_path: Path
) -> None:
    (tmp_path / "given").mkdir(mode=0o755)
    (tmp_path / "given/file").write_text("given")
    code = (
        "import os, sys\n"
        "print(os.listdir('/tmp'), open('/tmp/a/b/file').read(), sys.stdin.read())\n"
        "print('error', file=sys.stderr)\n"
    )
    binds = tuple((Path(place), place, False) for place in machine_folders())
    done = isolated(
        SubprocessRunner(),
        root,
        (os.fspath(PYTHON), "-I", "-c", code),
        environment={},
        binds=(*binds, (tmp_path / "given", "/tmp/a/b", False)),
        stdin=b"asked",
        merge_stderr=False,
    )
    assert (done.text, done.error_text) == ("['a'] given asked", "error")
