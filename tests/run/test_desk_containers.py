"""What a desk's container and a shell beside an app are started with."""

import json
from itertools import pairwise
from pathlib import Path

from msgspec.structs import replace
from tests.recorded_runner import RecordedRunner, answer

from okamochi.model.process import Process, ProcessType
from okamochi.run.compose import ComposeProject
from okamochi.run.compose_program import DockerCompose
from okamochi.run.docker import DockerEngine
from okamochi.run.join import Joining, arguments
from okamochi.run.podman import PodmanEngine
from okamochi.run.spec import RunSpec

DOCKER_INFO: dict[str, object] = {"ServerVersion": "28.1"}
PODMAN_HOST: dict[str, object] = {"cgroupVersion": "v2", "cgroupControllers": []}
SPEC = RunSpec(
    name="okamochi-shop",
    app="shop",
    image_reference="shop:1",
    process=Process(name="web", type=ProcessType.WEB, argv=("flask", "run"), port=8000),
    published_port=8080,
)
DESK = replace(SPEC, binds=(("/home/me/shop", "/app"),), further_ports=((5999, 5678),))


def flags_of(engine: DockerEngine | PodmanEngine, spec: RunSpec = DESK) -> list[tuple[str, str]]:
    return list(pairwise(engine.run_arguments(spec, ())))


def docker(**info: object) -> DockerEngine:
    return DockerEngine(RecordedRunner({("docker", "info"): answer(json.dumps({**DOCKER_INFO, **info}))}), {})


def podman(*, rootless: bool) -> PodmanEngine:
    host = {**PODMAN_HOST, "security": {"rootless": rootless}}
    return PodmanEngine(RecordedRunner({("podman", "info"): answer(json.dumps({"host": host}))}), {})


def test_the_source_is_mounted_and_a_source_that_is_missing_is_never_made_by_the_engine() -> None:
    flags = flags_of(docker())
    assert ("--mount", "type=bind,source=/home/me/shop,target=/app") in flags
    assert ("--publish", "127.0.0.1:8080:8000") in flags
    assert ("--publish", "127.0.0.1:5999:5678") in flags


def test_a_folder_may_be_called_what_people_call_folders() -> None:
    spec = replace(SPEC, binds=(('/home/me/my "shop", 日本語: 2', "/app"),))
    assert ("--mount", 'type=bind,"source=/home/me/my ""shop"", 日本語: 2",target=/app') in flags_of(
        docker(), spec
    )


def test_rootless_podman_keeps_the_users_own_number() -> None:
    assert ("--userns", "keep-id") in flags_of(podman(rootless=True))
    assert ("--userns", "keep-id") not in flags_of(podman(rootless=False))
    assert ("--userns", "keep-id") not in flags_of(podman(rootless=True), SPEC)
    assert ("--security-opt", "label=disable") in flags_of(podman(rootless=False))


def test_a_rootless_docker_is_known() -> None:
    assert docker(SecurityOptions=["name=seccomp,profile=default", "name=rootless"]).is_rootless
    assert not docker(SecurityOptions=["name=seccomp,profile=default"]).is_rootless


def test_the_override_comes_after_the_file_that_it_changes() -> None:
    runner = RecordedRunner({("docker",): answer("")})
    files = (Path("/state/compose.yaml"), Path("/state/compose.dev.yaml"))
    project = ComposeProject(runner, DockerCompose({}), "shop-dev", files[0], Path("/shop"), (), files[1:])
    project.run_attached("release")
    call = runner.calls[0]
    assert [after for flag, after in pairwise(call) if flag == "--file"] == [str(one) for one in files]
    assert call[-5:] == ("run", "--rm", "--no-TTY", "--interactive=false", "release")


def test_a_shell_joins_what_runs_as_its_user_and_with_nothing_more() -> None:
    joining = Joining(
        container="okamochi-shop",
        image_reference="tools:1",
        argv=("ls", "-l"),
        user="10001:10001",
        folder="/app",
    )
    found = arguments(joining, interactive=False)
    flags = list(pairwise(found))
    for flag in ("--pid", "--network"):
        assert (flag, "container:okamochi-shop") in flags
    assert ("--volumes-from", "okamochi-shop") in flags
    assert ("--user", "10001:10001") in flags and ("--cap-drop", "ALL") in flags
    assert "--privileged" not in found and "--tty" not in found
    assert found[-3:] == ("/app", "ls", "-l")
    assert "--tty" in arguments(joining, interactive=True)
