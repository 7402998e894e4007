"""Services are tied by `links`, a relic from before networks.

All services of a file reach each other by their names on the network that Compose makes. `links` adds nothing
to that but an order in which they start, without waiting, and Swarm ignores it.

Fix: take it away; `depends_on` says what waits for what. A link that gives another name (`db:database`)
becomes an alias of the network.

Okamochi: networks: `edge` for what is asked from outside, `data` without a way out.

See: https://docs.docker.com/engine/network/links/
"""

from collections.abc import Iterator

from okamochi.audit.rule import Found, Rule
from okamochi.audit.services import services
from okamochi.audit.setup import Setup
from okamochi.model.finding import Severity

__all__ = ["RULE"]


def look(setup: Setup) -> Iterator[Found]:
    for container in services(setup):
        key = container.node.key("links")
        if key and container.node.get("network_mode").text != "bridge":
            yield Found(
                path=container.path,
                line=key.line,
                message=f"links of {container.name} do nothing that names of services do not do",
                hint="take them away; depends_on says what waits for what",
            )


RULE = Rule("compose/links", Severity.NOTE, look, __doc__ or "")
