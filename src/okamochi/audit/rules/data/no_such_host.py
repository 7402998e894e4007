"""An address names a host that no service has.

Compose gives each service its name as host name, and the aliases of its networks. Another name is nobody's:
"could not translate host name", or "Name or service not known".

Fix: the name of the service as it stands below `services`.

Okamochi: addresses are made from the names of the services.

See: https://docs.docker.com/compose/how-tos/networking/
"""

import posixpath
import re
from collections.abc import Iterator

from okamochi.audit.backing_addresses import LOOPBACK, service_addresses
from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import beside, services

SEVERITY = Severity.ERROR

# of one label: others may be found outside
NAME = re.compile(r"[a-z][\w-]*", re.IGNORECASE)


def look(setup: Setup) -> Finds:
    known = dict[str, set[str]]()
    for container in services(setup):
        same = beside(setup, container)
        if not container.own or has_other_networks(container, setup):
            continue
        if (folder := posixpath.dirname(container.path)) not in known:
            known[folder] = {name for one in same for name in names_of(one)}
        names = known[folder]
        for address in service_addresses(container, setup):
            host, one = address.host.text, address.host.variable
            if host is None or host in names or host in LOOPBACK or NAME.fullmatch(host) is None:
                continue
            if one.path != container.path:
                continue  # the image and environment files may be used elsewhere too
            yield Found(
                path=one.path,
                line=one.line,
                message=f"{one.name} names {host}, and no service is called so",
                hint=f"one of {', '.join(sorted({one.name for one in same}))}",
            )


def names_of(one: Container) -> Iterator[str]:
    yield one.name
    yield one.node.get("container_name").text
    yield one.node.get("hostname").text
    for _, network in one.node.get("networks").pairs:
        yield from (alias.text for alias in network.get("aliases").items)
    for link in (*one.node.get("links").items, *one.node.get("external_links").items):
        yield link.text.rpartition(":")[2]
    for host in (*one.node.get("extra_hosts").items, *(key for key, _ in one.node.get("extra_hosts").pairs)):
        yield re.split(r"[:=]", host.text)[0]


def has_other_networks(container: Container, setup: Setup) -> bool:
    """Whether others than those of these files may be on its network."""
    roots = [file.root for file in setup.composes if file.path == container.path]
    external = any(network.get("external") for root in roots for _, network in root.get("networks").pairs)
    return external or bool(container.node.get("network_mode")) or any(root.get("include") for root in roots)
