"""The server listens on 127.0.0.1, where nobody outside of its container reaches it.

A container has a loopback of its own. A published port, another service, a probe come from outside: they get
"connection refused". Without an option gunicorn, uvicorn, hypercorn, daphne and granian listen on
127.0.0.1:8000 (gunicorn 27.0.1 does so with neither `--bind` nor the variable PORT; uvicorn and hypercorn
without `--host` and `--bind`).

Fix: `--bind 0.0.0.0:8000` (gunicorn, hypercorn), `--host 0.0.0.0` (uvicorn, granian).

Okamochi: the server listens on 0.0.0.0 in the container, and the host publishes it on 127.0.0.1.

See: https://docs.gunicorn.org/en/stable/settings.html#bind
"""

from okamochi.audit.addresses import Address, addresses
from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.ERROR
PROXIES = frozenset(
    ("nginx", "caddy", "apache2", "apachectl", "httpd", "supervisord", "haproxy", "envoy", "traefik")
)


def look(setup: Setup) -> Finds:
    for container in setup.production:
        if shares_its_loopback(container):
            continue
        for address in addresses(container, setup):
            if address.is_loopback:
                option = address.option
                yield Found(
                    path=option.path if option else address.server.path,
                    line=option.line if option else address.server.line,
                    message=f"{address.server.name} listens on {address.host}{by_default(address)}: nothing "
                    "outside of the container reaches it",
                    hint=instead(address),
                )


def shares_its_loopback(container: Container) -> bool:
    """Whether something else may ask from within: a proxy that it starts, a container beside it."""
    programs = {argv[0].rpartition("/")[2] for argv in container.command.programs}
    if programs & PROXIES:
        return True
    match container.kind:
        case ContainerKind.COMPOSE:
            return bool(container.node.get("network_mode"))
        case ContainerKind.KUBERNETES:
            return len(container.pod.get("containers").items) > 1
        case ContainerKind.ECS:
            return len(container.pod.get("containerDefinitions").items) > 1
        case ContainerKind.IMAGE:
            return False


def by_default(address: Address) -> str:
    return "" if address.option is not None else ", its default"


def instead(address: Address) -> str:
    port = address.port or 8000
    if address.server.name in ("gunicorn", "hypercorn"):
        return f"--bind 0.0.0.0:{port}"
    if address.server.name == "daphne":
        return "-b 0.0.0.0"
    return "--server.address=0.0.0.0" if address.server.name == "streamlit" else "--host 0.0.0.0"
