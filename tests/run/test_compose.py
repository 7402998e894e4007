"""What a stack's containers are doing is asked of the engine, in two questions for all of them."""

import json
from pathlib import Path

from tests.recorded_runner import RecordedRunner, answer

from okamochi.run.compose import ComposeProject, ServiceState
from okamochi.run.compose_program import DockerCompose


def project(names: str, *found: dict[str, object]) -> ComposeProject:
    runner = RecordedRunner(
        {("docker", "ps"): answer(names), ("docker", "container", "inspect"): answer(json.dumps(found))}
    )
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
