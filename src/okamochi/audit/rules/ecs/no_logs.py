"""What a container says is lost.

On Fargate there is no host on which `docker logs` could be asked: without `logConfiguration` nobody ever sees
why a task ended. With `awslogs` the group and the region have to be there, and on Fargate the prefix.

Fix: `"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": …, "awslogs-region": …,
"awslogs-stream-prefix": …}}`.

Okamochi: awslogs, `non-blocking`.

See: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import Task, task_containers
from okamochi.containerfiles.yaml_nodes import Node

SEVERITY = Severity.WARNING
NEEDED = ("awslogs-group", "awslogs-region")


def look(setup: Setup) -> Finds:
    for task, container in task_containers(setup):
        configured = container.node.get("logConfiguration")
        if not configured and task.fargate and container.node.get("image"):
            yield Found(
                path=task.path,
                line=container.line,
                message=f"nothing takes the logs of {container.name}: on Fargate nobody can read them",
                hint='"logConfiguration": {"logDriver": "awslogs", "options": {…}}',
            )
        yield from of_options(task, container.name, configured)


def of_options(task: Task, name: str, configured: Node) -> Finds:
    if configured.get("logDriver").text != "awslogs":
        return
    wanted = (*NEEDED, "awslogs-stream-prefix") if task.fargate else NEEDED
    given = set(configured.get("options").names())
    given |= {one.get("name").text for one in configured.get("secretOptions").items}
    missing = [one for one in wanted if one not in given]
    if missing:
        yield Found(
            path=task.path,
            line=configured.line,
            message=f"awslogs of {name} lacks {', '.join(missing)}: the task is refused or does not start",
            hint=", ".join(f'"{one}": …' for one in missing),
        )
