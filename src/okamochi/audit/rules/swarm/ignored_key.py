"""A key that docker stack deploy leaves out.

`docker stack deploy` says "Ignoring unsupported options" and goes on. What was meant does not happen: new
privileges are possible after all, /dev/shm stays at 64 MB, nothing is built.

Fix: what the hint says.

See: https://docs.docker.com/reference/cli/docker/stack/deploy/ (keys: UnsupportedProperties of
docker/cli)
"""

from collections.abc import Iterator

from okamochi.audit.rule import Found, Rule
from okamochi.audit.setup import Setup
from okamochi.audit.stacks import stack_services
from okamochi.model.finding import Severity

__all__ = ["RULE"]

INSTEAD = {
    "build": "docker build and docker push before; the stack takes the image's name alone",
    "restart": "deploy.restart_policy: {condition: any, delay: 5s}",
    "container_name": "take it away: tasks have names of their own",
    "security_opt": "nothing takes its place in a stack; no-new-privileges can be set in the daemon",
    "shm_size": "a volume of type tmpfs at /dev/shm",
    "links": "take it away: services of a network reach each other by name",
    "network_mode": "networks",
    "privileged": "cap_add, with what is needed",
    "devices": "nothing takes its place in a stack",
    "userns_mode": "nothing takes its place in a stack",
    "pid": "nothing takes its place in a stack",
    "ipc": "nothing takes its place in a stack",
    "cgroup_parent": "nothing takes its place in a stack",
}


def look(setup: Setup) -> Iterator[Found]:
    """One finding for a service."""
    for document, container in stack_services(setup):
        node = container.node
        keys = [key for key, value in node.pairs if key.text in INSTEAD and value.value is not False]
        if not node.get("image"):
            keys = [key for key in keys if key.text != "build"]
        if keys:
            yield Found(
                path=document.path,
                line=keys[0].line,
                message=f"docker stack deploy leaves out {', '.join(key.text for key in keys)} of "
                f"{container.name}",
                hint="; ".join(f"{key.text}: {INSTEAD[key.text]}" for key in keys),
            )


RULE = Rule("swarm/ignored-key", Severity.WARNING, look, __doc__ or "")
