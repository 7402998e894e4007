"""Keys of Docker Compose in a stack, where they do nothing.

Tasks have names of their own, so that `container_name` is not taken; Swarm starts what has ended by
`deploy.restart_policy` (any, if nothing is said), not by `restart`; services of a network reach each other by
name, without `links`. It is told so that nobody relies on them.

Fix: take them away; `deploy: {restart_policy: {condition: any, delay: 5s}}`.

See: https://docs.docker.com/reference/cli/docker/stack/deploy/ (keys: UnsupportedProperties of docker/cli)
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.stacks import stack_services, stacks
from okamochi.model.evidence import Evidence

SEVERITY = Severity.NOTE
KEYS = ("restart", "container_name", "links", "external_links")


def look(setup: Setup) -> Finds:
    """Once for each file."""
    for document in stacks(setup):
        keys = [
            key
            for where, container in stack_services(setup)
            for key, _ in container.node.pairs
            if where is document and key.text in KEYS
        ]
        if keys:
            names = ", ".join(dict.fromkeys(key.text for key in keys))
            yield Found(
                path=document.path,
                line=keys[0].line,
                message=f"docker stack deploy does nothing with {names}",
                hint="take it away; deploy: {restart_policy: {condition: any, delay: 5s}} for restart",
                also=tuple(Evidence(path=document.path, line=key.line, reason=key.text) for key in keys[1:]),
            )
