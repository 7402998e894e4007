"""A task on Fargate has another network than Fargate's.

Each task there has an interface of its own: `awsvpc`. Any other mode, and none (which is `bridge`), is
refused: `Fargate only supports network mode 'awsvpc'`.

Fix: `"networkMode": "awsvpc"`.

Okamochi: `awsvpc`.

See: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import tasks

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
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
