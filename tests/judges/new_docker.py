"""The newest Docker engine that Debian has, beside the machine's own: for what an older one cannot judge.

It runs inside a Debian root of its own, with namespaces of its own for mounts, network and processes, so that
nothing of the machine's engine (bridge, firewall rules, images) is touched. Root only.
"""

import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITE = "sid"
PACKAGES = ("docker.io", "docker-cli", "docker-buildx", "ca-certificates")
# The root has no init: what dockerd needs is mounted, then it is the first process of its namespace.
START = """\
set -e
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount --rbind /sys "$1/sys"
mount -t tmpfs run "$1/run"
exec chroot "$1" dockerd --host unix:///socket/docker.sock --bridge none --iptables=false --ip6tables=false
"""
START_SECONDS = 60

Docker = tuple[Path | str, ...]


def unpacked(folder: Path) -> Path:
    sys.path.insert(0, os.fspath(ROOT / "tools"))
    try:
        from debian_root import RootError, root_archive
    finally:
        sys.path.pop(0)
    try:
        archive = root_archive(SUITE, PACKAGES, os.environ)
    except RootError as error:
        pytest.skip(f"no root of Debian {SUITE} can be made here: {error}")
    root = folder / "root"
    root.mkdir()
    with tarfile.open(archive) as tar:
        tar.extractall(root, filter="fully_trusted")
    return root


@contextmanager
def new_docker(folder: Path) -> Iterator[Docker]:
    """How to call its `docker` from here, with files below `folder / "root"` as it sees them."""
    if os.geteuid() != 0:
        pytest.skip("only root can start a second engine")
    root = unpacked(folder)
    (root / "socket").mkdir()
    with (folder / "log").open("wb") as log:
        alone = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private")
        command = (*alone, "sh", "-c", START, "sh", root)
        engine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    docker = ("chroot", root, "docker", "--host", "unix:///socket/docker.sock")
    try:
        wait_until_it_answers(docker, engine, folder / "log")
        yield docker
    finally:
        engine.kill()  # unshare hands no gentler signal on; what ran inside ends with it
        engine.wait(60)


def wait_until_it_answers(docker: Docker, engine: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while subprocess.run((*docker, "version"), capture_output=True, check=False).returncode != 0:
        if engine.poll() is not None or time.monotonic() > until:
            pytest.skip("a second engine does not start here: " + log.read_text()[-500:])
        time.sleep(0.3)


def give_image(tag: str, docker: Docker) -> None:
    """An image of the machine's engine, to this one too."""
    with subprocess.Popen(("docker", "save", tag), stdout=subprocess.PIPE) as saved:
        subprocess.run((*docker, "load"), stdin=saved.stdout, stdout=subprocess.DEVNULL, check=True)
