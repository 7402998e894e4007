"""On which ports a container of a manifest listens, where variables may come from other objects."""

from okamochi.audit.addresses import addresses, ports_of
from okamochi.audit.containers import Container
from okamochi.audit.setup import Setup

__all__ = ["listening_ports"]


def listening_ports(container: Container, setup: Setup) -> frozenset[int] | None:
    """Of its servers; None where that cannot be told."""
    found = ports_of(container, setup)
    elsewhere = container.node.get("envFrom") or container.node.get("environmentFiles")
    if found and elsewhere:
        options = [one.option for one in addresses(container, setup)]
        if any(option is None or "$" in option.value for option in options):
            return None
    return found or None
