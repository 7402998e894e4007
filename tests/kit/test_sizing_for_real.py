"""The limits of real containers, on whatever cgroup version this machine's engine has."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import okamochi

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from stand_in_base import ensure, tag_of

pytestmark = [pytest.mark.engine, pytest.mark.network]

KIT = Path(okamochi.__file__).parent / "kit"
PROGRAM = """
import json, os, sys
sys.path.insert(0, "/kit")
import sizing
limits = sizing.read_limits()
held = bytearray(os.urandom(1)) * (40 * sizing.MEBIBYTE)
print(json.dumps({
    "version": limits.memory_group[0], "cpus": limits.cpus, "memory": limits.memory_bytes,
    "cores": limits.cores, "workers": sizing.workers_that_fit(limits, 100 * sizing.MEBIBYTE),
    "own": sizing.memory_of(os.getpid()), "used": sizing.memory_in_use(limits),
}))
"""
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def image() -> str:
    ensure("3.13")
    return tag_of("3.13")


def inside(image: str, *options: str) -> dict[str, float]:
    argv = ("docker", "run", "--rm", *options, "--volume", f"{KIT}:/kit:ro", image, "python3", "-c", PROGRAM)
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_quota_and_memory_limit_decide(image: str) -> None:
    found = inside(image, "--cpus", "0.5", "--memory", "512m")
    assert (found["cpus"], found["memory"]) == (0.5, 512 * MIB)
    assert found["version"] in (1, 2)
    assert found["workers"] == 3
    assert found["own"] > 40 * MIB
    assert 40 * MIB < found["used"] < 512 * MIB


def test_a_cpuset_is_fewer_cores(image: str) -> None:
    found = inside(image, "--cpuset-cpus", "0")
    assert (found["cores"], found["cpus"]) == (1, 0.0)
    assert found["memory"] == 0
