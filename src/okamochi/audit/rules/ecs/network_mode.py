"""A task on Fargate has another network than Fargate's.

Each task there has an interface of its own: `awsvpc`. Any other mode, and none (which is `bridge`), is
refused: `Fargate only supports network mode 'awsvpc'`.

Fix: `"networkMode": "awsvpc"`.

Okamochi: `awsvpc`.

See: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html
"""

from collections.abc import Iterator

from okamochi.audit.rule import Found, Rule
from okamochi.audit.setup import Setup
from okamochi.audit.tasks import tasks
from okamochi.model.finding import Severity

__all__ = ["RULE"]


def look(setup: Setup) -> Iterator[Found]:
    for task in tasks(setup):
        mode = task.root.get("networkMode")
        if task.fargate and mode.text != "awsvpc" and "$" not in mode.text:
            yield Found(
                path=task.path,
                line=mode.line or task.root.key("requiresCompatibilities").line,
                message=f"Fargate has the network mode awsvpc alone, and this is {task.network_mode}: "
                "refused",
                hint='"networkMode": "awsvpc"',
            )


RULE = Rule("ecs/network-mode", Severity.ERROR, look, __doc__ or "")
