"""An app without a root of its own, where landlock keeps it to its files."""

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest
from tests.lacks import lacking

from okamochi.oci.image import Image
from okamochi.oci.reference import Reference
from okamochi.run.host.confine import landlock_version
from okamochi.run.host.engine import HostEngine
from okamochi.run.host.fence import open_to_all
from okamochi.run.host.isolation import Isolation, best_isolation, can_fence
from okamochi.run.spec import RunSpec
from okamochi.run.wait import Patience, start_healthy
from okamochi.system.process import Completed
from okamochi.system.subprocess_runner import SubprocessRunner

LOOK = """
import json, os, socket, subprocess, sys, tempfile

def tried(does):
    try:
        return does() or ""
    except OSError as error:
        return type(error).__name__

def written(path):
    with open(path, "w") as stream:
        stream.write("x")

def connected(port):
    socket.create_connection(("127.0.0.1", port), timeout=5).close()

def effective():
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith("CapEff")).split()[1], 16)

other, host, port, keeper = sys.argv[1:]
print(json.dumps({
    "own file": tried(lambda: open("data/first").read()),
    "own source": tried(lambda: open("serve.py").read()[:6]),
    "own source written": tried(lambda: written("serve.py")),
    "volume": tried(lambda: written("data/new")),
    "temporary": tried(lambda: tempfile.TemporaryFile().close()),
    "the machine's": tried(lambda: tempfile.TemporaryFile(dir="/" + "tmp").close()),
    "another's file": tried(lambda: open(other).read()),
    "a new file of another": tried(lambda: written(other + ".new")),
    "/etc written": tried(lambda: written("/etc/okamochi-was-here")),
    "settings": tried(lambda: open(host).close()),
    "program": tried(lambda: subprocess.check_output(("/bin/sh", "-c", "echo said"), text=True)),
    "environment of the keeper": tried(lambda: open(f"/proc/{keeper}/environ").read()),
    "signal to the keeper": tried(lambda: os.kill(int(keeper), 0)),
    "network": tried(lambda: connected(int(port))),
    "capabilities": effective(),
}))
"""
CHOWN_DAC_FOWNER_BIND = 0b10000001011


@dataclass(frozen=True)
class Fenced:
    engine: HostEngine
    spec: RunSpec

    def run(self, *arguments: str) -> Completed:
        return self.engine.beside(self.spec.name, ("python", "-c", LOOK, *arguments))


@pytest.fixture
def apart() -> Iterator[Path]:
    """A folder that is in none which programs share."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def others_file(apart: Path) -> Path:
    path = apart / "letter"
    path.write_text("private")
    return path


@pytest.fixture
def engine(host_engine: HostEngine, image: Image, spec: RunSpec, apart: Path) -> HostEngine:
    """As on a machine that allows no namespaces."""
    if not host_engine.fences:
        lacking("this kernel has no landlock")
    engine = replace(host_engine, state_root=apart / "state")
    vars(engine)["_isolation"] = Isolation((), (), fenced=True)
    engine.load(image, Reference.parse(spec.image_reference))
    return engine


@pytest.fixture
def fenced(engine: HostEngine, spec: RunSpec) -> Iterator[Fenced]:
    start_healthy(engine, spec, Patience(limit_seconds=30))
    yield Fenced(engine, spec)
    engine.remove(spec.name)


def test_it_sees_its_own_files_and_such_of_the_machine_as_programs_need(
    fenced: Fenced, others_file: Path
) -> None:
    status = json.loads(next(fenced.engine.state_root.rglob("status.json")).read_text())
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        done = fenced.run(str(others_file), "/etc/passwd", str(port), str(status["keeper"]))
    assert done.ok, done.said
    seen = json.loads(done.stdout)
    rights = capabilities_of_ours() & CHOWN_DAC_FOWNER_BIND if os.geteuid() == 0 else 0
    assert seen.pop("capabilities") == rights
    assert seen.pop("signal to the keeper") == ("PermissionError" if landlock_version() >= 6 else "")
    assert seen == {
        "own file": "from the image",
        "own source": "import",
        "own source written": "PermissionError",
        "volume": "",
        "temporary": "",
        "the machine's": "",
        "another's file": "PermissionError",
        "a new file of another": "PermissionError",
        "/etc written": "PermissionError",
        "settings": "",
        "program": "said\n",
        "environment of the keeper": "PermissionError",
        "network": "",
    }
    assert not others_file.with_name("letter.new").exists()


def capabilities_of_ours() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("CapPrm")).split()[1], 16)


def test_what_a_command_starts_cannot_have_more_again(fenced: Fenced, others_file: Path) -> None:
    again = f"import subprocess as s; print(s.run(('cat', {str(others_file)!r})).returncode)"
    assert fenced.engine.beside(fenced.spec.name, ("python", "-c", again)).text == "1"


def test_the_desks_source_may_be_written(engine: HostEngine, spec: RunSpec, others_file: Path) -> None:
    source = others_file.with_name("source")
    source.mkdir()
    program = f"open('made', 'w').close(); open({str(others_file)!r})"
    process = msgspec.structs.replace(spec.process, argv=("/opt/venv/bin/python", "-c", program))
    desk = msgspec.structs.replace(spec, process=process, binds=((str(source), "/app"),))
    assert "PermissionError" in engine.run_once(desk).text
    assert [one.name for one in source.iterdir()] == ["made"]


def test_only_what_everybody_may_read_is_shown_of_a_folder_and_in_its_largest_parts(tmp_path: Path) -> None:
    modes = {"a/b/c": 0o644, "a/d": 0o644, "e/secret": 0o640, "e/open": 0o644, "f": 0o600}
    for name, mode in modes.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        path.chmod(mode)
    (tmp_path / "closed").mkdir(mode=0o700)
    (tmp_path / "closed/open").touch()
    (tmp_path / "link").symlink_to("/root")
    assert open_to_all(tmp_path) == (str(tmp_path / "a"), str(tmp_path / "e/open"))
    assert open_to_all(tmp_path / "a") == (str(tmp_path / "a"),)
    assert open_to_all(tmp_path / "none") == ()


def test_a_machine_whose_shell_does_not_start_so_fences_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where programs lie in other folders than the usual ones."""
    if not can_fence(SubprocessRunner(), tmp_path):
        lacking("this kernel has no landlock")
    monkeypatch.setattr("okamochi.run.host.fence.PROGRAMS", ("/usr/share",))
    assert not can_fence(SubprocessRunner(), tmp_path)


def test_what_is_missing_says_what_landlock_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("okamochi.run.host.isolation.probed", lambda *_, **__: False)
    for fenced, words in ((True, "landlock leaves the app"), (False, "the app sees the host's files")):
        monkeypatch.setattr("okamochi.run.host.isolation.can_fence", lambda *_, found=fenced: found)
        found = best_isolation(SubprocessRunner(), tmp_path / str(fenced))
        assert found.fenced is fenced and any(words in one for one in found.missing)
