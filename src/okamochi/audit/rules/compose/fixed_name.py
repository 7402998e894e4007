"""Services have fixed names on the host.

A `container_name` can be there once: a second copy of the project (a branch beside main, a second clone at
the desk, a test beside production) fails with "is already in use", and the service cannot be scaled.

Fix: take it away. Services of the stack reach each other by the service's name, people by
`docker compose logs web` and `exec web`.

Okamochi: Compose names the containers.

See: https://docs.docker.com/reference/compose-file/services/#container_name
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import in_a_stack, services
from okamochi.model.evidence import Evidence

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    """Once for each file, with the other places; what has replicas as well is told as an error."""
    by_file: dict[str, list[tuple[str, int]]] = {}
    for container in services(setup, desk=True):
        key, value = container.node.key("container_name"), container.node.get("container_name")
        if key and "$" not in value.text and container.own and not in_a_stack(container, setup):
            by_file.setdefault(container.path, []).append((container.name, key.line))
    for path, places in by_file.items():
        yield Found(
            path=path,
            line=places[0][1],
            message=f"{places[0][0]} has a fixed name: no second copy of the project can run on this host",
            hint="take container_name away; Compose makes a name",
            also=tuple(Evidence(path=path, line=line, reason=f"{name} as well") for name, line in places[1:]),
        )
