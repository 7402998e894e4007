import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from tests.recorded_runner import RecordedRunner, answer

from okamochi.errors import EngineError
from okamochi.model.process import Process, ProcessType, SecurityContext, Volume
from okamochi.oci.image import Image
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.platform import Platform
from okamochi.oci.reference import Reference
from okamochi.run.container_flags import environment_flags
from okamochi.run.docker import DockerEngine
from okamochi.run.podman import PodmanEngine
from okamochi.run.spec import APP_LABEL, ContainerState, RunSpec
from okamochi.system.process import Completed, ProgramTimeout

DOCKER_INFO = {
    "ServerVersion": "28.1",
    "MemoryLimit": True,
    "SwapLimit": True,
    "CpuCfsQuota": True,
    "PidsLimit": True,
    "NCPU": 4,
    "LoggingDriver": "json-file",
}
PODMAN_INFO = {
    "host": {
        "cpus": 4,
        "cgroupVersion": "v2",
        "cgroupControllers": ["cpu", "memory", "pids"],
        "logDriver": "journald",
        "security": {"rootless": True},
    },
    "version": {"Version": "5.4.0"},
}
ABSENT = answer("[]", returncode=1, stderr="Error: No such container: okamochi-shop")
NAME_TAKEN = answer(
    returncode=125,
    stderr='docker: Conflict. The container name "/okamochi-shop" is already in use by container "0123".',
)
SPEC = RunSpec(
    name="okamochi-shop",
    app="shop",
    image_reference="shop:1",
    process=Process(name="web", type=ProcessType.WEB, argv=("gunicorn", "app:app"), port=8000),
    secrets_folder="/state/shop/secrets",
    secret_names=("SECRET_KEY",),
    volumes=(Volume(name="data", path="/app/data"),),
    published_port=8080,
    healthcheck=("python", "check.py"),
)


def inspected(**state: object) -> Completed:
    found = {
        "Name": "/okamochi-shop",
        "State": {"Status": "running", **state},
        "RestartCount": 0,
        "Config": {"Labels": {APP_LABEL: "shop"}, "Image": "shop:1"},
        "HostConfig": {"PortBindings": {"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}},
    }
    return answer(json.dumps([found]))


def recorded(program: str, info: Mapping[str, Any], **answers: Completed) -> RecordedRunner:
    base = {
        (program, "info"): answer(json.dumps(info)),
        (program, "rm"): answer(),
        (program, "volume"): answer(),
        (program, "container", "inspect"): ABSENT,
        (program, "run"): answer("0123\n"),
    }
    return RecordedRunner(base | {(program, *words.split("_")): one for words, one in answers.items()})


def run_call(runner: RecordedRunner) -> tuple[str, ...]:
    return next(call for call in runner.calls if call[1] == "run")


def pairs(call: tuple[str, ...]) -> set[tuple[str, str]]:
    return set(pairwise(call))


def test_docker_is_told_every_limit_and_protection() -> None:
    runner = recorded("docker", DOCKER_INFO)
    DockerEngine(runner, {}).start(SPEC)
    call = run_call(runner)
    assert "--read-only" in call
    assert pairs(call) >= {
        ("--user", "10001:10001"),
        ("--cap-drop", "ALL"),
        ("--security-opt", "no-new-privileges"),
        ("--tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=67108864,mode=1777"),
        ("--memory", "536870912"),
        ("--memory-swap", "536870912"),
        ("--cpus", "1"),
        ("--pids-limit", "256"),
        ("--publish", "127.0.0.1:8080:8000"),
        ("--volume", "okamochi-shop_data:/app/data"),
        ("--mount", "type=bind,source=/state/shop/secrets,target=/run/secrets,readonly"),
        ("--log-opt", "max-size=10m"),
        ("--stop-timeout", "35"),
        ("--env", "SECRET_KEY_FILE"),
    }
    assert call[-4:] == ("--entrypoint", "gunicorn", "shop:1", "app:app")
    assert "--health-cmd" not in call


def test_what_the_engine_cannot_limit_is_left_out_and_told() -> None:
    info = {**DOCKER_INFO, "MemoryLimit": False, "PidsLimit": False, "LoggingDriver": "journald"}
    runner = recorded("docker", info)
    engine = DockerEngine(runner, {})
    engine.start(SPEC)
    assert {"--memory", "--memory-swap", "--pids-limit", "--log-opt"} & set(run_call(runner)) == set()
    assert [text.split(" ")[0] for text in engine.facts().missing] == ["memory", "process"]


class Busy(RecordedRunner, frozen=True):
    """A daemon that does not come to an end with the layers of all its images."""

    def run(self, argv: Sequence[str], **options: Any) -> Completed:
        if tuple(argv[1:3]) == ("image", "inspect"):
            raise ProgramTimeout("docker did not end", where="docker image inspect", hint="try again")
        return super().run(argv, **options)


def test_layers_that_a_busy_docker_does_not_tell_of_are_sent() -> None:
    engine = DockerEngine(Busy({("docker", "image", "ls"): answer("sha256:1\nsha256:2\n")}), {})
    assert engine._chains(engine._held()) == ()


def test_more_cpus_than_the_machine_has_are_not_asked_for() -> None:
    runner = recorded("docker", {**DOCKER_INFO, "NCPU": 0.5})
    DockerEngine(runner, {}).start(SPEC)
    assert ("--cpus", "0.5") in pairs(run_call(runner))


def test_podman_gets_the_health_check_as_an_array() -> None:
    runner = recorded("podman", PODMAN_INFO)
    PodmanEngine(runner, {}).start(SPEC)
    call = run_call(runner)
    assert ("--health-cmd", '["python", "check.py"]') in pairs(call)
    assert "--read-only-tmpfs=false" in call
    assert "--log-opt" not in call


def test_podman_is_told_the_policy_that_its_start_with_the_machine_looks_for() -> None:
    """podman-restart.service asks for restart-policy=always, and for nothing else."""
    runner = recorded("podman", PODMAN_INFO)
    engine = PodmanEngine(runner, {})
    engine.start(SPEC)
    assert ("--restart", "always") in pairs(run_call(runner))
    assert engine.facts().restart == "always"  # for a stack


def test_rootless_podman_on_old_control_groups_sets_no_limits() -> None:
    host = {**PODMAN_INFO["host"], "cgroupVersion": "v1"}  # type: ignore[dict-item]
    runner = recorded("podman", {**PODMAN_INFO, "host": host})
    engine = PodmanEngine(runner, {})
    engine.start(SPEC)
    assert "--memory" not in run_call(runner)
    assert ("--pids-limit", "0") in pairs(run_call(runner))
    assert len(engine.facts().missing) == 3


def test_a_looser_security_context_loosens_only_that() -> None:
    runner = recorded("docker", DOCKER_INFO)
    loose = SecurityContext(read_only_root_filesystem=False)
    DockerEngine(runner, {}).start(RunSpec(**{**spec_fields(), "security": loose}))  # type: ignore[arg-type]
    assert "--read-only" not in run_call(runner)
    assert ("--cap-drop", "ALL") in pairs(run_call(runner))


def spec_fields() -> dict[str, object]:
    return {name: getattr(SPEC, name) for name in SPEC.__struct_fields__}


def test_values_do_not_show_in_the_list_of_processes() -> None:
    flags, passed = environment_flags((("HTTP_PROXY", "http://p"), ("PATH", "/bin"), ("TOKEN", "a\nb")))
    assert flags == ("--env", "HTTP_PROXY=http://p", "--env", "PATH=/bin", "--env", "TOKEN")
    assert passed == {"TOKEN": "a\nb"}


def test_a_container_of_somebody_else_is_left_alone() -> None:
    foreign = answer(json.dumps([{"Name": "okamochi-shop", "State": {"Status": "running"}, "Config": {}}]))
    runner = recorded("docker", DOCKER_INFO, container_inspect=foreign, run=NAME_TAKEN)
    with pytest.raises(EngineError, match="that okamochi did not start"):
        DockerEngine(runner, {}).start(SPEC)
    assert not any(call[1] == "rm" for call in runner.calls)


def test_a_start_that_fails_shows_the_engines_words_and_leaves_nothing() -> None:
    runner = recorded("docker", DOCKER_INFO, run=answer(returncode=125, stderr="docker: invalid mount"))
    with pytest.raises(EngineError) as caught:
        DockerEngine(runner, {}).start(SPEC)
    assert caught.value.details == ("docker: invalid mount",)
    assert runner.calls[-1] == ("docker", "rm", "--force", "--volumes", "okamochi-shop")


def test_a_port_that_was_taken_meanwhile_is_told_as_such() -> None:
    refused = answer(returncode=125, stderr="Bind for 127.0.0.1:8080 failed: port is already allocated")
    runner = recorded("docker", DOCKER_INFO, run=refused, ps=answer("other\t127.0.0.1:8080->80/tcp"))
    with pytest.raises(EngineError, match="port 8080 is taken by"):
        DockerEngine(runner, {}).start(SPEC)


def test_a_running_container_is_read_from_inspect() -> None:
    runner = recorded("docker", DOCKER_INFO, container_inspect=inspected(Health={"Status": "healthy"}))
    running = DockerEngine(runner, {}).inspect("okamochi-shop")
    assert (running.state, running.health, running.app) == (ContainerState.RUNNING, "healthy", "shop")
    assert running.address == "127.0.0.1:8080"


def test_a_log_is_read_in_the_order_of_writing() -> None:
    runner = recorded("docker", DOCKER_INFO, logs=answer("out\n", stderr="err\n"))
    assert DockerEngine(runner, {}).logs("okamochi-shop") == "out\nerr"


def test_an_end_for_lack_of_memory_is_read_from_inspect() -> None:
    ended = inspected(Status="exited", OOMKilled=True, ExitCode=137)
    running = PodmanEngine(recorded("podman", PODMAN_INFO, container_inspect=ended), {}).inspect("x")
    assert (running.state, running.exit_code, running.out_of_memory) == (ContainerState.EXITED, 137, True)


@pytest.mark.parametrize(
    ("info", "stderr", "hint"),
    [
        (
            answer("{}", returncode=1, stderr="Cannot connect to the Docker daemon"),
            "Cannot connect",
            "start it",
        ),
        (
            answer(json.dumps({"ServerErrors": ["permission denied while trying to connect"]})),
            "permission denied",
            "as good as being root",
        ),
        (answer("not json", returncode=1), "", "start it"),
    ],
)
def test_a_docker_that_does_not_answer_says_why(info: Completed, stderr: str, hint: str) -> None:
    with pytest.raises(EngineError, match="docker does not answer") as caught:
        DockerEngine(RecordedRunner({("docker", "info"): info}), {}).facts()
    assert hint in caught.value.hint
    assert stderr in " ".join(caught.value.details)


def test_podmans_stand_in_for_docker_is_recognised() -> None:
    runner = RecordedRunner({("docker", "info"): answer(json.dumps(PODMAN_INFO))})
    with pytest.raises(EngineError, match="stand-in"):
        DockerEngine(runner, {}).facts()


def test_a_program_that_is_not_there_is_an_engine_error() -> None:
    with pytest.raises(EngineError, match="podman"):
        PodmanEngine(RecordedRunner({}), {}).facts()


@pytest.mark.parametrize(
    ("size", "serves"), [(1, False), (10_000, False), (65_536, True)], ids=["none", "too few", "usual"]
)
def test_podman_whose_containers_have_no_user_for_our_files_does_not_answer(size: int, serves: bool) -> None:
    """A user without a line in /etc/subuid: `podman load` failed, after the whole build."""
    rows = [
        {"container_id": 0, "host_id": 1000, "size": 1},
        {"container_id": 1, "host_id": 100000, "size": size},
    ]
    host = {**PODMAN_INFO["host"], "idMappings": {"uidmap": rows[: 1 if size == 1 else 2], "gidmap": rows}}  # type: ignore[dict-item]
    engine = PodmanEngine(recorded("podman", {**PODMAN_INFO, "host": host}), {})
    if serves:
        engine.facts()
        return
    with pytest.raises(EngineError, match="no user 10001") as caught:
        engine.facts()
    assert "subuids" in caught.value.hint and "--engine host" in caught.value.hint


def test_an_image_that_cannot_be_had_brings_the_engines_own_words() -> None:
    said = "Trying to pull postgres:17...\nError: no such host\n"
    runner = recorded("podman", PODMAN_INFO, pull=answer(returncode=125, stderr=said))
    assert PodmanEngine(runner, {}).pull("postgres:17") == "Error: no such host"
    runner = recorded("docker", DOCKER_INFO, pull=answer("sha256:0123\n"))
    assert DockerEngine(runner, {}).pull("postgres:17") == ""


def test_what_an_up_that_was_killed_left_aside_makes_room_for_the_next() -> None:
    runner = recorded("docker", DOCKER_INFO, stop=answer(), rename=answer(returncode=1, stderr="in use"))
    with pytest.raises(EngineError, match="could not set okamochi-shop aside"):
        DockerEngine(runner, {}).set_aside("okamochi-shop", grace_seconds=5)
    aside = ("docker", "rename", "okamochi-shop", "okamochi-shop-previous")
    gone = ("docker", "rm", "--force", "--volumes", "okamochi-shop-previous")
    assert runner.calls == [("docker", "stop", "-t", "5", "okamochi-shop"), aside, gone, aside]


def test_a_container_is_started_with_two_questions_at_most() -> None:
    runner = recorded("docker", DOCKER_INFO)
    DockerEngine(runner, {}).start(msgspec.structs.replace(SPEC, volumes=()))
    assert [call[1] for call in runner.calls] == ["info", "run"]


def test_a_container_of_the_app_that_was_left_makes_room_for_the_next() -> None:
    runner = Taken(recorded("docker", DOCKER_INFO, container_inspect=inspected()).answers)
    DockerEngine(runner, {}).start(msgspec.structs.replace(SPEC, volumes=()))
    assert [call[1] for call in runner.calls] == ["info", "run", "container", "rm", "run"]


class Taken(RecordedRunner, frozen=True):
    """A daemon in which a container has the name until it is removed."""

    def run(self, argv: Sequence[str], **options: Any) -> Completed:
        done = super().run(argv, **options)
        taken = argv[1] == "run" and not any(call[1] == "rm" for call in self.calls)
        return NAME_TAKEN if taken else done


def test_an_image_that_docker_has_is_told_with_one_question() -> None:
    config = ImageConfig(platform=Platform.parse("linux/amd64"), created="1970-01-01T00:00:00Z")
    image = Image(config, ())
    runner = recorded("docker", DOCKER_INFO, image_ls=answer(f"{image.image_id}\n"), tag=answer())
    DockerEngine(runner, {}).load(image, Reference.parse("shop:2"))
    assert [call[1:4] for call in runner.calls[1:]] == [
        ("image", "ls", "--quiet"),
        ("tag", str(image.image_id), "shop:2"),
    ]


def test_a_volume_is_the_one_that_compose_has_for_the_same_app() -> None:
    """An app that gains a database or a worker is a stack from then on, and keeps its uploads."""
    absent, info = answer(returncode=1), answer('{"ServerVersion": "28.5.2"}')
    answers = {("docker",): answer(), ("docker", "info"): info, ("docker", "volume", "inspect"): absent}
    runner = RecordedRunner(answers)
    DockerEngine(runner, {}).start(SPEC)
    created = next(one for one in runner.calls if one[1:3] == ("volume", "create"))
    assert created[-1] == "okamochi-shop_data"
    assert {"com.docker.compose.project=okamochi-shop", "com.docker.compose.volume=data"} <= set(created)
