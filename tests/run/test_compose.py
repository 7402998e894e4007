"""What a stack's containers are doing is asked of the engine, in two questions for all of them."""

import json
from pathlib import Path

import pytest
from tests.recorded_runner import RecordedRunner, answer

from okamochi.errors import EngineError
from okamochi.run.compose import ComposeProject, ServiceState
from okamochi.run.compose_program import DockerCompose
from okamochi.run.docker import DockerEngine


def project(names: str, *found: dict[str, object]) -> ComposeProject:
    inspected = answer(json.dumps(found))
    answers = {("docker", "ps"): answer(names), ("docker", "container", "inspect"): inspected}
    runner = RecordedRunner({**answers, ("docker", "rm"): answer(), ("docker", "rename"): answer()})
    return ComposeProject(runner, DockerCompose({}), "shop", Path("compose.yaml"), Path())


def inspected(service: str, restarts: int = 0, **state: object) -> dict[str, object]:
    labels = {"com.docker.compose.service": service}
    return {"Id": f"id-{service}", "RestartCount": restarts, "State": state, "Config": {"Labels": labels}}


def test_the_containers_of_a_stack_are_told_by_service() -> None:
    one = project(
        "1\n2\n",
        inspected("worker", 3, Status="restarting", ExitCode=1),
        inspected("db", Status="running", Health={"Status": "healthy"}),
    )
    assert one.rows() == (
        ServiceState("db", "running", 0, "healthy", "id-db"),
        ServiceState("worker", "restarting", 1, "", "id-worker", 3),
    )
    listed, asked = one.runner.calls  # type: ignore[attr-defined]
    assert "label=com.docker.compose.oneoff=False" in listed, "what `exec` and setups start is no service"
    assert asked == ("docker", "container", "inspect", "1", "2")


def test_a_stack_that_is_down_has_none() -> None:
    one = project("")
    assert one.rows() == ()
    assert len(one.runner.calls) == 1  # type: ignore[attr-defined]


def test_what_an_interrupted_compose_left_half_replaced_goes_or_gets_its_name() -> None:
    left = ("0123456789ab_shop-web-1", "shop-web-1", "ba9876543210_shop-worker-1", "0123456789ab_other-db-1")
    one = project("\n".join(left))
    one.settle()
    assert one.runner.calls[1:] == [  # type: ignore[attr-defined]
        ("docker", "rm", "--force", "0123456789ab_shop-web-1"),
        ("docker", "rename", "ba9876543210_shop-worker-1", "shop-worker-1"),
    ]


def test_an_engine_that_does_not_answer_is_no_stack_without_containers() -> None:
    silent = answer(returncode=1, stderr="Cannot connect to the Docker daemon at unix:///x. Is it running?")
    runner = RecordedRunner({("docker",): silent})
    stack = ComposeProject(runner, DockerCompose({}), "shop", Path("compose.yaml"), Path())
    for ask in (stack.rows, stack.logs, lambda: stack.stop(volumes=False, grace_seconds=1)):
        with pytest.raises(EngineError, match="docker does not answer"):
            ask()
    with pytest.raises(EngineError, match="docker does not answer"):
        DockerEngine(runner, {}).inspect("shop-web-1")
