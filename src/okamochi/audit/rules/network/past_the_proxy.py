"""The app is published past its proxy.

A proxy in the same stack speaks TLS, limits what a slow client may hold, and serves the files. With a
published port of its own the app is reached without any of that: by http, past the host's firewall (Docker's
rules come before those of ufw), and with whatever X-Forwarded-For a visitor cares to send.

Fix: take `ports` away, the proxy reaches the service by its name; or `"127.0.0.1:8000:8000"` for a look
from the host.

Okamochi: with `--domain` the proxy alone is published; without it, the app on 127.0.0.1.

See: https://docs.docker.com/engine/network/packet-filtering-firewalls/#docker-and-ufw
"""

from okamochi.audit.containers import Container
from okamochi.audit.nginx import asked_by, is_proxy
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import beside, in_a_stack, published, services

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for container in services(setup):
        if not container.own or is_proxy(container) or in_a_stack(container, setup):
            continue
        proxies = (one for one in beside(setup, container) if serves_the_world(one, setup))
        proxy = next((one for one in proxies if is_behind(container, one, setup)), None)
        if proxy is None:
            continue
        for port in published(container, setup):
            if port.everywhere and port.host not in (0, 80, 443):
                yield Found(
                    path=container.path,
                    line=port.line,
                    message=f"port {port.host} leads to {container.name} past {proxy.name}, "
                    "which is in front of it",
                    hint=f"take it away: {proxy.name} reaches {container.name}:{port.target}; or 127.0.0.1:…",
                )


def is_behind(container: Container, proxy: Container, setup: Setup) -> bool:
    """Whether the proxy's files name it, or labels of its own do, for Traefik."""
    labelled = "traefik" in str(container.node.get("labels").plain()) and "traefik" in proxy.image
    return labelled or container.name in asked_by(proxy, setup)


def serves_the_world(one: Container, setup: Setup) -> bool:
    """Whether it is a proxy of production that is published."""
    return not one.desk and is_proxy(one) and any(port.everywhere for port in published(one, setup))
