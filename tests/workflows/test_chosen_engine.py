"""On which engine an app goes on."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from okamochi.errors import EngineError
from okamochi.run.state import UpRecord
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.chosen_engine import chosen_engine
from tests.recorded_runner import RecordedRunner, answer

SILENT = answer(returncode=1, stderr="Cannot connect to the Docker daemon at unix:///x.")
PODMAN = answer('{"host": {"security": {}}, "version": {"Version": "4.3.1"}}')
DOCKER = answer('{"ServerVersion": "28.5.2", "MemoryLimit": true, "CpuCfsQuota": true, "PidsLimit": true}')


def world_with(docker: object, tmp_path: Path) -> World:
    world = World.real({}, SilentReporter(), offline=True, cache_root=tmp_path)
    answers = {("docker", "info"): docker, ("podman", "info"): PODMAN, ("podman",): answer()}
    return replace(world, runner=RecordedRunner(answers))  # type: ignore[arg-type]


def record_on(engine: str) -> UpRecord:
    return UpRecord(app="shop-123456", engine=engine, container="okamochi-shop", image_reference="shop:1")


def test_without_its_engine_an_app_does_not_begin_elsewhere_with_empty_data(tmp_path: Path) -> None:
    with pytest.raises(
        EngineError, match=r"docker does not answer, on which okamochi-shop was started"
    ) as told:
        chosen_engine(None, world_with(SILENT, tmp_path), record=record_on("docker"))
    assert "--engine podman" in told.value.hint


def test_an_app_stays_on_the_engine_that_has_its_data(tmp_path: Path) -> None:
    world = world_with(DOCKER, tmp_path)
    assert chosen_engine(None, world, record=record_on("podman")).name == "podman"
    assert chosen_engine("docker", world, record=record_on("podman")).name == "docker"
    assert chosen_engine(None, world, record=None).name == "docker"
