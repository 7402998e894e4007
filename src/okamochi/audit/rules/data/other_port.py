"""An address names a port at which the service does not listen: often the one that is published on the host.

`"15432:5432"` makes the database reachable at port 15432 of the host. Other services of the stack do not
go through the host: they reach `db` at the port on which it listens, 5432.

Fix: the right-hand number: `db:5432`.

Okamochi: services are reached at their own port; nothing is published.

See: https://docs.docker.com/compose/how-tos/networking/
"""

from okamochi.audit.backing_addresses import service_addresses
from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.images import database_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import published, service_named

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in setup.of_kind(ContainerKind.COMPOSE):
        for address in service_addresses(container, setup) if container.own else ():
            other = service_named(address.host.text or "", container, setup)
            given = address.port
            if other is None or given is None or not (given.text or "").isdecimal():
                continue
            kind = database_of(other.image)
            inside = {str(port.host): port.target for port in published(other, setup)}
            if given.text in inside and inside[given.text] != int(given.text):
                right, where = inside[given.text], "its port on the host"
            elif kind is not None and not has_settings(other) and given.text != str(kind.port):
                right, where = kind.port, "where nothing listens"
            else:
                continue
            yield Found(
                path=given.variable.path,
                line=given.variable.line,
                message=f"{given.variable.name} asks {other.name} at {given.text}, {where}; "
                f"inside the stack it is {right}",
                hint=f"{other.name}:{right}",
            )


def has_settings(other: Container) -> bool:
    """Whether it may listen elsewhere."""
    names = ("command", "entrypoint", "env_file", "configs")
    return any(other.node.get(name) for name in names) or any("PORT" in one.name for one in other.environment)
