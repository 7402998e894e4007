"""Volumes that the app cannot write are told after the start, with the command that gives them back."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from okamochi.model.plan import Plan
from okamochi.model.process import Volume
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.volume_check import tell_unwritable_volumes
from tests.detect.plans import FLASK_APP, planned


@dataclass
class ThisMachine:
    """Runs the check with this Python, as a user to whom nothing is closed but what does not exist."""

    name: str = "docker"

    def check(self, _: str, argv: tuple[str, ...]) -> tuple[bool, str]:
        done = subprocess.run((sys.executable, *argv[1:]), capture_output=True, text=True, check=False)
        return done.returncode == 0, done.stdout + done.stderr


@dataclass
class Told(SilentReporter):
    lines: list[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        self.lines.append(text)


def plan_with(*paths: str) -> Plan:
    volumes = tuple(Volume(name=f"v{number}", path=path) for number, path in enumerate(paths))
    return msgspec.structs.replace(planned({"app.py": FLASK_APP}), volumes=volumes)


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_each_one_is_told_and_the_others_are_not(tmp_path: Path, engine: str) -> None:
    told = Told()
    world = World.real({}, told, offline=True, cache_root=tmp_path / "cache")
    plan = plan_with(str(tmp_path), "/no/such/uploads")
    tell_unwritable_volumes("shop-web-1", plan, ThisMachine(engine), world)  # type: ignore[arg-type]
    (line,) = told.lines
    assert line.startswith("/no/such/uploads is not writable")
    assert f"{engine} run --rm --volumes-from shop-web-1 busybox chown -R 10001:10001" in line
