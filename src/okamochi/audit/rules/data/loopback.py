"""A database is looked for at localhost, which in a container is the container itself.

What is right at the desk ("localhost:5432") ends in "connection refused" as soon as app and database
have containers of their own.

Fix: the name of the service (`db`); for a database on the host, `host.docker.internal` with
`extra_hosts: ["host.docker.internal:host-gateway"]`. Containers of one pod or one ECS task do share
localhost, and are left alone.

Okamochi: the address of each service is set to its name.

See: https://docs.docker.com/compose/how-tos/networking/
"""

from okamochi.audit.backing_addresses import LOOPBACK, service_addresses
from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR
SERVER = regex(
    r"\b(?:install|add)\b[^;&|]*\s(?:postgresql(?:-\d+)?|(?:mysql|mariadb|redis)(?:-server)?)(?:\s|$)"
)


def look(setup: Setup) -> Finds:
    for container in setup.production:
        if shares_its_network(container) or has_a_database(container):
            continue
        for address in service_addresses(container, setup):
            one = address.host.variable
            if address.host.text not in LOOPBACK or is_told_elsewhere(one.path, setup):
                continue
            yield Found(
                path=one.path,
                line=one.line,
                message=f"{one.name} names {address.host.text}, which in a container is the container itself",
                hint="the name of the service: db",
            )


def shares_its_network(container: Container) -> bool:
    node = container.node
    if container.kind is ContainerKind.COMPOSE:
        return bool(node.get("network_mode"))
    others = container.pod.get("containers") or container.pod.get("containerDefinitions")
    return len(others.items) > 1 or bool(container.pod.get("hostNetwork"))


def has_a_database(container: Container) -> bool:
    """Whether the server itself is installed in the image."""
    steps = container.stage.all("RUN") if container.stage is not None else ()
    return any(SERVER.search(one.rest) for one in steps)


def is_told_elsewhere(path: str, setup: Setup) -> bool:
    """Environment files of the project's root are compared with the plan: env/loopback."""
    return setup.plan is not None and "/" not in path and path in {one.path for one in setup.env_files}
