"""A service has more than one replica, and a name or a host port that only one can have.

Compose refuses the file for a `container_name` ("container name must be unique"); for a host port the
first container starts, and the second fails with "port is already allocated" (both measured with Compose
2.26).

Fix: no container_name: services are reached by their service name. No host port at the replicas: a proxy
in front has it; or let the engine choose, `ports: ["8000"]`.

Okamochi: Compose names the containers.

See: https://docs.docker.com/reference/compose-file/services/#container_name
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import in_a_stack, published, replicas, services

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in services(setup, desk=True):
        count = replicas(container, setup)
        if count < 2 or in_a_stack(container, setup):
            continue
        name = container.node.key("container_name")
        if name:
            yield Found(
                path=container.path,
                line=name.line,
                message=f"{container.name} has {count} replicas and a container_name: Compose refuses it",
                hint="take container_name away",
            )
        for port in published(container, setup):
            if port.host:
                yield Found(
                    path=container.path,
                    line=port.line,
                    message=f"port {port.host} of the host can have one container, not {count}: the second "
                    "fails with “port is already allocated”",
                    hint=f'publish it at a proxy in front, or let the engine choose: "{port.target}"',
                )
