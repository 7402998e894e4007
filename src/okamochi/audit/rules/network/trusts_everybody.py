"""The server believes what everybody says of himself.

With `--forwarded-allow-ips "*"` gunicorn and uvicorn take scheme and address of the client from the
headers of whoever connects. Behind a proxy that is right when nothing else can connect; with a published
port each visitor chooses his own address: for rate limits, for logs, for "only from the office".

Fix: no published port (the proxy reaches the service by its name), or the proxy's network instead of
"*".

Okamochi: believes headers of as many proxies as OKAMOCHI_TRUSTED_HOPS says, and of none by default.

See: https://docs.gunicorn.org/en/stable/settings.html#forwarded-allow-ips
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import Server, gunicorn_setting, servers
from okamochi.audit.services import published, services

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for container in services(setup):
        ports = [one for one in published(container, setup) if one.everywhere] if container.own else []
        for server in servers(container) if ports else ():
            place = trusting(server, setup)
            if place is not None:
                yield Found(
                    path=place[0],
                    line=place[1],
                    message=f"{server.name} trusts the headers of everybody who connects, and port "
                    f"{ports[0].host} is open to all",
                    hint="no published port, or the proxy's network instead of *",
                )


def trusting(server: Server, setup: Setup) -> tuple[str, int] | None:
    """Where it says so."""
    if server.name == "gunicorn":
        option = gunicorn_setting(server, "forwarded-allow-ips", setup)
    else:
        option = server.option("forwarded-allow-ips") if server.name == "uvicorn" else None
    if option is not None:
        return (option.path, option.line) if option.value == "*" else None
    given = server.container.variable("FORWARDED_ALLOW_IPS")
    reads = server.name in ("gunicorn", "uvicorn")
    return (given.path, given.line) if reads and given is not None and given.value == "*" else None
