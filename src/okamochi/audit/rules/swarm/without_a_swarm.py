"""A key that only a swarm reads, in a file for docker compose.

`update_config`, `rollback_config`, `placement` and `endpoint_mode` do nothing with `docker compose up`:
no rolling update, no rollback.

Fix: take them away, or deploy the file with `docker stack deploy` (which builds nothing and knows fewer
keys).

See: https://docs.docker.com/reference/compose-file/deploy/
"""

from okamochi.audit.containers import ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.stacks import of_swarm_alone, stacks

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    """Only where a service is built: that no stack does."""
    paths = {one.path for one in stacks(setup)}
    for container in setup.of_kind(ContainerKind.COMPOSE):
        keys = list(of_swarm_alone(container.node))
        if keys and not container.desk and container.path not in paths and container.node.get("build"):
            yield Found(
                path=container.path,
                line=keys[0].line,
                message=f"docker compose does not read {', '.join(key.text for key in keys)} of "
                f"{container.name}: only a swarm does",
                hint="take it away, unless docker stack deploy gets this file",
            )
