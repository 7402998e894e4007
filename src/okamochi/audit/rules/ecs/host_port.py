"""A port of the host is another than that of the container, where both are the same.

With `awsvpc` and `host` the container's port is the one that is reached; `hostPort` may be left out or say
the same. Another one is refused: `When networkMode=awsvpc, the host ports and container ports in port
mappings must match`.

Fix: take `hostPort` away. The load balancer's target group has the container's port.

See: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import tasks

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for task in tasks(setup):
        ports = (port for one in task.containers for port in one.node.get("portMappings").items)
        for port in ports if task.network_mode in ("awsvpc", "host") else ():
            host, inside = port.get("hostPort"), port.get("containerPort")
            if host.text.isdecimal() and inside.text.isdecimal() and host.text not in ("0", inside.text):
                yield Found(
                    path=task.path,
                    line=host.line,
                    message=f"hostPort {host.text} is not containerPort {inside.text}: with the network mode "
                    f"{task.network_mode} it is refused",
                    hint=f"take hostPort away; {inside.text} is what the target group asks",
                )
