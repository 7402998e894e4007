"""A container waits for what cannot come.

`HEALTHY` needs a `healthCheck` in the task definition (the image's HEALTHCHECK does not count); `SUCCESS` and
`COMPLETE` need a container that is not essential; the name has to be one of the task. The definition is
refused, or the task hangs until it is stopped.

Fix: the check, `"essential": false`, or the name.

See: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
"""

from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import is_essential, tasks
from okamochi.containerfiles.yaml_nodes import Node

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for task in tasks(setup):
        named = {one.name: one for one in task.containers}
        for container in task.containers:
            for dependency in container.node.get("dependsOn").items:
                why, hint = impossible(dependency, container, named)
                if why:
                    yield Found(
                        path=task.path,
                        line=dependency.get("condition").line or dependency.line,
                        message=f"{container.name} waits for {dependency.get('containerName').text}, {why}",
                        hint=hint,
                    )


def impossible(dependency: Node, container: Container, named: dict[str, Container]) -> tuple[str, str]:
    """What is the matter, and what to do; ("", "") where it can come."""
    name, condition = dependency.get("containerName").text, dependency.get("condition").text
    other = named.get(name)
    if other is None:
        return "which is not in the task: it is refused", f"one of {', '.join(named)}"
    if name == container.name:
        return "which is itself", "take it away"
    if condition == "HEALTHY" and not other.node.get("healthCheck"):
        return (
            "which has no health check in the task definition: it is never healthy",
            '"healthCheck": {"command": ["CMD", "python", "-c", …]}',
        )
    if condition in ("SUCCESS", "COMPLETE") and is_essential(other):
        return f"which is essential: {condition} is refused for it", f'"essential": false for {name}'
    back = {one.get("containerName").text for one in other.node.get("dependsOn").items}
    if container.name in back:
        return "which waits for it: both wait for ever", "one of the two"
    return "", ""
