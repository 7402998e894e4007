"""Services are tied by `links`, a relic from before networks.

All services of a file reach each other by their names on the network that Compose makes. `links` adds nothing
to that but an order in which they start, without waiting, and Swarm ignores it.

Fix: take it away; `depends_on` says what waits for what. A link that gives another name (`db:database`)
becomes an alias of the network.

Okamochi: networks: `edge` for what is asked from outside, `data` without a way out.

See: https://docs.docker.com/engine/network/links/
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import services

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    for container in services(setup):
        key = container.node.key("links")
        if key and container.node.get("network_mode").text != "bridge":
            yield Found(
                path=container.path,
                line=key.line,
                message=f"links of {container.name} do nothing that names of services do not do",
                hint="take them away; depends_on says what waits for what",
            )
