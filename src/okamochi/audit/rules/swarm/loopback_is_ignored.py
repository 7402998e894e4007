"""A port is to be reached from the node alone, and is open on all of them.

Swarm knows no address before a port: `127.0.0.1:8000:8000` listens on every address of every node. Measured
with Docker 28.2: `ignoring IP-address (127.0.0.1:80:80/tcp) service will listen on '0.0.0.0'`.

Fix: no `ports` for what other services of the stack reach by name; a firewall for the rest.

See: https://docs.docker.com/engine/swarm/ingress/
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.stacks import stack_services
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR
WITH_ADDRESS = regex(r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:]+\]):.*")


def look(setup: Setup) -> Finds:
    for document, container in stack_services(setup):
        for port in container.node.get("ports").items:
            address = port.get("host_ip").text or (port.text if WITH_ADDRESS.fullmatch(port.text) else "")
            if address and not address.startswith("0.0.0.0"):
                yield Found(
                    path=document.path,
                    line=port.line,
                    message=f"Swarm ignores the address of this port: {container.name} is open on every "
                    "address of every node",
                    hint="no ports, services reach each other by name; or a firewall",
                )
