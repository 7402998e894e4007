"""A port of the task definition is not the one on which the server listens.

The load balancer and Service Connect send to `containerPort`; the connection is refused, the target never
becomes healthy, and ECS replaces the task for ever.

Fix: one number, in the server's command (or its variable), in `portMappings` and in the target group.

Okamochi: one number in the plan.

See: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
"""

from okamochi.audit.addresses import listening_ports
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import task_containers
from okamochi.model.evidence import Evidence

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for task, container in task_containers(setup):
        ports = container.node.get("portMappings").items
        served = listening_ports(container, setup) if container.own and len(ports) == 1 else None
        mapped = ports[0].get("containerPort") if served is not None else None
        if mapped is None or served is None or not mapped.text.isdecimal():
            continue
        port = min(served)
        if int(mapped.text) not in served:
            command = container.command
            yield Found(
                path=task.path,
                line=mapped.line,
                message=f"containerPort says {mapped.text}, and the server of {container.name} listens "
                f"on {port}",
                hint=f'"containerPort": {port}',
                also=(Evidence(path=command.path, line=command.line, reason="the server's command"),),
            )
