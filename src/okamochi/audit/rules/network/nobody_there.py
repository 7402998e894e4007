"""nginx passes requests on to a host or port where nobody is.

A name that no service has keeps nginx from starting ("host not found in upstream"); a port at which the
server does not listen ends in 502 for each request.

Fix: the service's name, and the port of its server, not the one that is published on the host.

See: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass
"""

from collections.abc import Iterator

from okamochi.audit.addresses import ports_of
from okamochi.audit.containers import Container
from okamochi.audit.nginx import Passed, passed_on
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import services

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    everywhere = services(setup, desk=True)
    own = {one.name for one in everywhere}
    names = own | {name for one in everywhere for name in other_names(one)}
    for passed in passed_on(setup):
        if "." not in passed.host and passed.host not in names and passed.host != "localhost":
            yield Found(
                path=passed.path,
                line=passed.line,
                message=f"no service is called {passed.host}: nginx does not start",
                hint=f"one of {', '.join(sorted(own))}",
            )
            continue
        ports = [ports_of(one, setup) for one in everywhere if one.name == passed.host and one.own]
        if ports and all(one and passed.port not in one for one in ports):
            yield wrong_port(passed, min(port for one in ports for port in one or ()))


def wrong_port(passed: Passed, port: int) -> Found:
    return Found(
        path=passed.path,
        line=passed.line,
        message=f"nginx asks {passed.host} at port {passed.port}, its server listens at {port}: 502",
        hint=f"{passed.host}:{port}",
    )


def other_names(one: Container) -> Iterator[str]:
    yield one.node.get("container_name").text
    yield one.node.get("hostname").text
    for _, network in one.node.get("networks").pairs:
        yield from (alias.text for alias in network.get("aliases").items)
    for key in ("links", "external_links", "extra_hosts"):
        yield from (node.text.rpartition(":")[2] for node in one.node.get(key).items)
        yield from (node.text.partition(":")[0] for node in one.node.get(key).items)
