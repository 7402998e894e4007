"""A time is longer or shorter than ECS takes.

On Fargate `stopTimeout` is at most 120 seconds. A health check's `interval` is 5 to 300 seconds, its
`timeout` 2 to 60, its `retries` 1 to 10, its `startPeriod` at most 300. The API refuses others; cfn-lint
passed a `stopTimeout` of 300 and an `interval` of 3.

Fix: a value of the range. An app that needs longer than five minutes to start, or two to stop, wants a
job beside it.

See: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import Task, task_containers
from okamochi.containerfiles.yaml_nodes import Node

SEVERITY = Severity.ERROR
LONGEST_STOP_SECONDS = 120
RANGES = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}


def look(setup: Setup) -> Finds:
    for task, container in task_containers(setup):
        stop = container.node.get("stopTimeout")
        if task.fargate and stop and whole(stop) > LONGEST_STOP_SECONDS:
            yield found(task, stop, "stopTimeout", "on Fargate at most 120")
        for name, (least, most) in RANGES.items():
            node = container.node.get("healthCheck", name)
            if node and not least <= whole(node, least) <= most:
                yield found(task, node, f"{name} of the health check", f"{least} to {most}")


def whole(node: Node, otherwise: int = 0) -> int:
    return int(node.text) if node.text.lstrip("-").isdecimal() else otherwise


def found(task: Task, node: Node, what: str, allowed: str) -> Found:
    return Found(
        path=task.path, line=node.line, message=f"{what} is {node.text}, which ECS refuses", hint=allowed
    )
