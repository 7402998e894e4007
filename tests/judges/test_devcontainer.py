"""The development container, brought up for real by the devcontainer CLI, as a user who is not root."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.images.pythons import python_image
from tests.judges.tools import ROOT, node_judge

UID = 4242
pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow, pytest.mark.matrix]

TEST = (
    "from app import app\n\ndef test_the_page():\n    assert app.test_client().get('/').status_code == 200\n"
)


class Desk:
    """The devcontainer CLI run as another user, who may talk to docker."""

    def __init__(self, program: Path, folder: Path, agent: Path) -> None:
        self.program, self.folder, self.agent = program, folder, agent

    def __call__(self, verb: str, *arguments: str) -> str:
        group = Path("/var/run/docker.sock").stat().st_gid
        home = str(self.folder.parent / "home")
        path = f"{home}/bin:{os.environ['PATH']}"
        homes = {"HOME": home, "TMPDIR": home, "DOCKER_CONFIG": home, "PATH": path}
        done = subprocess.run(
            (self.program, verb, "--workspace-folder", self.folder, *arguments),
            capture_output=True,
            user=UID,
            group=UID,
            extra_groups=[group],
            env={**os.environ, **homes, "SSH_AUTH_SOCK": str(self.agent)},
            timeout=1500,
            check=False,
        )
        text = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert done.returncode == 0, text[-3000:]
        return text


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that another user reaches: pytest shuts its own to others, at every start of every run."""
    with tempfile.TemporaryDirectory(prefix="okamochi-desk-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def project(place: Path, okamochi_cache: Path) -> Path:
    python_image("3.13")
    folder = place / "desk-project"
    shutil.copytree(ROOT / "examples/flask-minimal", folder)
    (folder / "requirements-dev.txt").write_text("pytest\n")
    (folder / "test_page.py").write_text(TEST)
    Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache)}).ok("render", "devcontainer", folder)
    (place / "home/bin").mkdir(parents=True)
    # the CLI asks for the user's name, and this one has none
    named = place / "home/bin/id"
    named.write_text('#!/bin/sh\n[ "$*" != "-u -n" ] || { echo desk; exit; }\nexec /usr/bin/id "$@"\n')
    named.chmod(0o755)
    for path in (place / "home", folder, *folder.rglob("*")):
        os.chown(path, UID, UID)
    return folder


@pytest.fixture
def agent(place: Path) -> Iterator[Path]:
    """A socket where ssh looks for its agent: that it is reached is what counts."""
    path = place / "agent.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        os.chown(path, UID, UID)
        yield path


def test_tests_run_inside_and_files_made_there_belong_to_the_host_s_user(project: Path, agent: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("another user can be taken on by root only")
    desk = Desk(node_judge("devcontainer", "@devcontainers/cli@0.89.0"), project, agent)
    started = desk("up")
    container = json.loads(started[started.index('{"outcome"') :].splitlines()[0])["containerId"]
    try:
        assert "1 passed" in desk("exec", "python", "-m", "pytest", "-q")
        assert "git version" in desk("exec", "git", "--version")
        assert "OpenSSH" in desk("exec", "ssh", "-V")
        assert "identityagent /ssh-agent" in desk("exec", "ssh", "-G", "example.org")
        desk("exec", "test", "-w", "/ssh-agent")
        home = desk("exec", "sh", "-c", "echo $HOME && test -w $HOME && id -u")
        assert "/home/developer" in home and str(UID) in home
        desk("exec", "touch", "made-inside")
        made = project / "made-inside"
        assert (made.stat().st_uid, made.stat().st_gid) == (UID, UID)
    finally:
        subprocess.run(("docker", "rm", "--force", container), check=True, capture_output=True)
