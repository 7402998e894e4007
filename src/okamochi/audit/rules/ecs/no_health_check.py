"""ECS does not look at the HEALTHCHECK of the Dockerfile.

Only a `healthCheck` of the task definition, or that of a load balancer, tells ECS that a container does not
work any more. With neither, a server that hangs is left alone.

Fix: `"healthCheck": {"command": ["CMD", "python", "-c", "…"], "interval": 10, "startPeriod": 60}`, where no
load balancer asks.

Okamochi: the check is written out in the task definition.

See: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
"""

from okamochi.audit.migrating import migration_in
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import is_essential, task_containers
from okamochi.model.evidence import Evidence

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    for task, container in task_containers(setup):
        stage = container.stage
        check = stage.last("HEALTHCHECK") if stage is not None else None
        if check is None or container.node.get("healthCheck") or check.rest.strip().upper() == "NONE":
            continue
        if not is_essential(container) or migration_in(container.command.line_text):
            continue
        yield Found(
            path=task.path,
            line=container.line,
            message="the HEALTHCHECK of the Dockerfile does not count here: ECS does not ask "
            f"{container.name}",
            hint="healthCheck in the task definition, unless a load balancer asks",
            also=(Evidence(path=container.stage_path, line=check.line, reason="HEALTHCHECK"),),
        )
