"""Nothing starts the services again after a crash or a reboot.

Docker's default is `restart: "no"`: a process that ran out of memory, a host that was rebooted for updates,
and the app is down until somebody logs in.

Fix: `restart: unless-stopped` at each service that is to stay.

Okamochi: `restart: unless-stopped`.

See: https://docs.docker.com/engine/containers/start-containers-automatically/
"""

from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers
from okamochi.audit.services import in_a_stack, merged, services

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    """Once for each file, at the first service that serves or works and says nothing of it."""
    told: set[str] = set()
    for container in services(setup):
        if (
            container.path in told
            or not container.own
            or not stays(container)
            or in_a_stack(container, setup)
        ):
            continue
        if any(map(says, merged(container, setup))):
            continue
        told.add(container.path)
        yield Found(
            path=container.path,
            line=container.line,
            message=f"{container.name} stays down after a crash, and after a reboot of the host",
            hint="restart: unless-stopped",
        )


def stays(container: Container) -> bool:
    """Whether it is started to go on for ever, as far as its command tells."""
    return bool(servers(container)) and bool(container.node.get("build") or container.node.get("image"))


def says(container: Container) -> bool:
    node = container.node
    return bool(node.get("restart") or node.get("deploy") or node.get("extends") or node.get("profiles"))
