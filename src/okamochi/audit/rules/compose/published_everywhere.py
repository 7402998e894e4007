"""A database or another backing service is published on every interface of the host.

`"5432:5432"` listens on 0.0.0.0. Docker writes its own rules into the firewall, before those of ufw and
firewalld: the port is open to the whole network though the firewall says no, and databases with
guessable passwords are found within hours.

Fix: no `ports` at all: services of one stack reach each other by name. For a look from the desk,
`"127.0.0.1:5432:5432"`.

Okamochi: databases publish nothing, and their network has no way out.

See: https://docs.docker.com/engine/network/packet-filtering-firewalls/#docker-and-ufw
"""

from collections.abc import Iterator

from okamochi.audit.compose_containers import is_backing_image
from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity
from okamochi.audit.services import in_a_stack, merged
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR

# what the world is meant to reach
IN_FRONT = regex(
    r"(?:.*/)?(?:nginx|traefik|caddy|haproxy|envoy|httpd|apache|cloudflared|certbot|node|grafana|keycloak|metabase|minio)[\w-]*"
    r"(?::.*)?"
)
SHORT = regex(
    r"[\"']?(?P<ports>(?:\$\{\w+(?::?-\d+)?\}|\d+(?:-\d+)?):(?:\$\{\w+(?::?-\d+)?\}|\d+(?:-\d+)?)(?:/tcp)?)[\"']?"
)


def look(setup: Setup) -> Finds:
    for container in setup.of_kind(ContainerKind.COMPOSE):
        image = container.image or image_below(container, setup)
        if container.desk or not is_backing_image(image) or IN_FRONT.fullmatch(image):
            continue
        for one in container.node.get("ports").items:
            if is_everywhere(one):
                yield Found(
                    path=container.path,
                    line=one.line,
                    message=f"{container.name} ({image}) is open on every interface of the host, "
                    "past its firewall",
                    hint="take the port away, services reach each other by name; for the desk: 127.0.0.1:…",
                    # Swarm does not heed an address
                    edits=() if in_a_stack(container, setup) else tuple(edits(container.path, one, setup)),
                )


def image_below(container: Container, setup: Setup) -> str:
    """Of the file that this one is merged over, where it says none itself."""
    if container.node.get("build"):
        return ""
    others = merged(container, setup)
    return next((one.image for one in others if one.image), "")


def is_everywhere(port: Node) -> bool:
    if port.kind == "mapping":
        return bool(port.get("published")) and not port.get("host_ip").text.startswith(("127.", "::1"))
    return SHORT.fullmatch(port.text) is not None


def edits(path: str, port: Node, setup: Setup) -> Iterator[Edit]:
    """Loopback in front of a short form that has a line to itself."""
    line = setup.file(path).line(port.line)
    found = SHORT.search(line)
    if (
        port.kind == "scalar"
        and found is not None
        and line.strip() in (f"- {found[0]}", f"- {found['ports']}")
    ):
        yield Edit(path, port.line, port.line, line.replace(found[0], f'"127.0.0.1:{found["ports"]}"'))
