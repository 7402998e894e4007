"""The app itself is open to the whole network, without a proxy in front.

`"5000:5000"` listens on every interface of the host, and Docker's rules come before those of ufw and
firewalld: whoever reaches the host reaches the app, in plain HTTP, with passwords and cookies readable on
the way. gunicorn's sync workers are made for a proxy that takes slow clients away from them: without one, as
many slow clients as there are workers stop the app.

Fix: `"127.0.0.1:5000:5000"`, and a proxy with certificates on the host or in the stack (Caddy, Traefik,
nginx). Where a load balancer outside speaks TLS, its network alone should reach the port.

Okamochi: the app is published on 127.0.0.1; `--domain` puts a proxy with certificates in front.

See: https://docs.gunicorn.org/en/stable/deploy.html and
https://docs.docker.com/engine/network/packet-filtering-firewalls/#docker-and-ufw
"""

from okamochi.audit.containers import Container
from okamochi.audit.nginx import is_proxy
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import gunicorn_setting, is_development_server, servers
from okamochi.audit.services import beside, in_a_stack, published, services
from okamochi.system.patterns import regex

SEVERITY = Severity.NOTE
TUNNEL = regex(r"(?:.*/)?(?:cloudflared|tailscale|ngrok|frpc)[\w-]*(?::.*)?")


def look(setup: Setup) -> Finds:
    for container in services(setup):
        if not container.own or in_a_stack(container, setup):
            continue
        if any(is_proxy(one) or TUNNEL.fullmatch(one.image) for one in beside(setup, container)):
            continue
        open_port = next((one for one in published(container, setup) if one.everywhere), None)
        if open_port is None or any(map(is_development_server, servers(container))):
            continue
        shown = f"{open_port.host}:{open_port.target}" if open_port.host else str(open_port.target)
        yield Found(
            path=container.path,
            line=open_port.line,
            message=f"{container.name} is open to the whole network in plain HTTP, past the host's firewall"
            + (
                ", and a few slow clients hold all of gunicorn's workers" if is_sync(container, setup) else ""
            ),
            hint=f'"127.0.0.1:{shown}", and a proxy with certificates in front',
        )


def is_sync(container: Container, setup: Setup) -> bool:
    for server in servers(container):
        if server.name == "gunicorn":
            kind, threads = (gunicorn_setting(server, one, setup) for one in ("worker-class", "threads"))
            return threads is None and (kind is None or kind.value == "sync")
    return False
