"""The container is killed before its server has stopped.

ECS waits `stopTimeout` seconds after SIGTERM, 30 if nothing is said. gunicorn waits up to
`--graceful-timeout` (30 s) for the requests under way; what is not over then is killed with all its requests.

Fix: `"stopTimeout"` some seconds above the server's own, at most 120 on Fargate.

Okamochi: `stopTimeout` of 35 s, the server's own 25 s.

See: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
"""

from okamochi.audit.gunicorn_files import graceful_seconds
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import task_containers

SEVERITY = Severity.WARNING
DEFAULT_SECONDS = 30


def look(setup: Setup) -> Finds:
    for task, container in task_containers(setup):
        stopping = graceful_seconds(container, setup)
        node = container.node.get("stopTimeout")
        given = int(node.text) if node.text.isdecimal() else DEFAULT_SECONDS
        if stopping is not None and given < stopping:
            yield Found(
                path=task.path,
                line=node.line or container.line,
                message=f"{container.name} is killed {given} s after it was told to stop, and gunicorn "
                f"may take {stopping} s: requests under way are lost",
                hint=f'"stopTimeout": {min(stopping + 5, 120)}',
            )
