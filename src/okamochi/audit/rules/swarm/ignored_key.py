"""A setting that docker stack deploy leaves out, and that matters.

`docker stack deploy` says "Ignoring unsupported options" and goes on. What was meant does not happen: new
privileges are possible after all, /dev/shm stays at 64 MB, the device is not there.

Fix: what the hint says.

See: https://docs.docker.com/reference/cli/docker/stack/deploy/ (keys: UnsupportedProperties of
docker/cli)
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.stacks import stack_services

SEVERITY = Severity.WARNING
INSTEAD = {
    "security_opt": "nothing takes its place; no-new-privileges can be set in the daemon",
    "shm_size": "a volume of type tmpfs at /dev/shm",
    "network_mode": "networks",
    "privileged": "cap_add, with what is needed",
    "devices": "nothing takes its place",
    "userns_mode": "nothing takes its place",
    "pid": "nothing takes its place",
    "ipc": "nothing takes its place",
    "cgroup_parent": "nothing takes its place",
}


def look(setup: Setup) -> Finds:
    """One finding for a service."""
    for document, container in stack_services(setup):
        node = container.node
        keys = [key for key, value in node.pairs if key.text in INSTEAD and value.value is not False]
        if keys:
            yield Found(
                path=document.path,
                line=keys[0].line,
                message=f"docker stack deploy leaves out {', '.join(key.text for key in keys)} of "
                f"{container.name}",
                hint="; ".join(f"{key.text}: {INSTEAD[key.text]}" for key in keys),
            )
