"""A whole stack on a Swarm of one node, deployed as docs/swarm.md says."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.images.stand_ins import ensure
from tests.left_in_the_engine import remember_swarm

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "flask-uploads"
NAME = "okamochi-swarm"
PAGE = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/').read().decode())"

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow, pytest.mark.matrix]


def docker(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(("docker", *arguments), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout.strip()


@pytest.fixture
def swarm() -> Iterator[None]:
    """A node that is of a Swarm already is left alone."""
    if docker("info", "--format", "{{.Swarm.LocalNodeState}}") != "inactive":
        pytest.skip("this engine is a node of a Swarm")
    remember_swarm()
    # the usual pool may hold what another Swarm left behind
    docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--default-addr-pool", "10.213.0.0/16")
    docker("node", "update", "--label-add", "okamochi.data=true", docker("node", "ls", "--quiet"))
    yield
    docker("stack", "rm", NAME, check=False)
    for _ in range(60):  # a node that leaves before leaves its networks behind
        if not docker("network", "ls", "--quiet", "--filter", "driver=overlay", "--filter", f"name={NAME}"):
            break
        time.sleep(1)
    for container in containers():
        docker("rm", "--force", container, check=False)
    for volume in ("db-data", "redis-data", "uploads"):
        docker("volume", "rm", "--force", f"{NAME}_{volume}", check=False)


def containers() -> list[str]:
    return docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.stack.namespace={NAME}").split()


def test_the_stack_becomes_healthy_after_its_migration(
    swarm: None, tmp_path: Path, okamochi_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tag in ("postgres:17", "valkey/valkey:8.1"):
        ensure(tag)
    project = shutil.copytree(EXAMPLE, tmp_path / NAME)
    program = Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache)})
    monkeypatch.setenv("OKAMOCHI_IMAGE", program.ok("build", project, "--to", "docker").last_line)
    program.ok("render", "swarm", project)
    monkeypatch.setenv("OKAMOCHI_PORT", "18897")  # for okamochi itself it would be the app's own port
    subprocess.run(("sh", project / "swarm/secrets.sh"), check=True)
    docker("stack", "deploy", "--compose-file", str(project / "swarm/stack.yaml"), NAME)
    web = healthy_web()
    # the routing mesh needs IPVS, which not every kernel has
    assert "seen 1 times" in docker("exec", web, "/opt/venv/bin/python", "-c", PAGE)
    states = docker("service", "ps", f"{NAME}_release", "--format", "{{.CurrentState}}")
    assert "Complete" in states, states


def healthy_web() -> str:
    for _ in range(240):
        found = docker("ps", "--quiet", "--filter", f"name={NAME}_web", "--filter", "health=healthy")
        if found:
            return found.split()[0]
        time.sleep(1)
    raise AssertionError(docker("service", "ps", f"{NAME}_web", "--no-trunc", check=False))
