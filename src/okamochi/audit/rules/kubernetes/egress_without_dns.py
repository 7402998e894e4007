"""A NetworkPolicy restricts what pods may reach, and leaves the name service out.

As soon as one policy of type Egress covers a pod, all that no policy allows is refused, names included:
the app reaches the database's port and cannot find its address (`Temporary failure in name resolution`).

Fix: `- ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]` among the egress rules.

Okamochi: the policy allows the name service, HTTPS, and the ports of the services that the code names.

See: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from okamochi.audit.cluster_objects import ClusterObject, cluster_objects, labels_of, matches
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.yaml_nodes import Node

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    """Policies add up: where another one that may cover the same pods allows names, it is silent. A policy
    that allows nothing at all is there to be added to."""
    policies = [one for one in cluster_objects(setup) if one.kind == "NetworkPolicy"]
    for one in policies:
        rules = one.root.get("spec", "egress").items
        if not rules or any(map(allows_names, rules)):
            continue
        others = (other for other in policies if other is not one and may_cover(other, one))
        if not any(allows_names(rule) for other in others for rule in other.root.get("spec", "egress").items):
            yield Found(
                path=one.path,
                line=one.root.get("spec").key("egress").line,
                message=f"NetworkPolicy {one.name} lets no name be looked up (port 53): its pods reach "
                "nothing by name",
                hint="- ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]",
            )


def allows_names(rule: Node) -> bool:
    """A rule without ports is for all of them; one for other pods alone has no name service, unless it is
    of another namespace or of all addresses."""
    if not rule.pairs:
        return True
    ports = rule.get("ports").items
    if ports:
        return any(is_53(port) for port in ports)
    peers = rule.get("to").items
    return not peers or any(peer.get("namespaceSelector") or peer.get("ipBlock") for peer in peers)


def is_53(port: Node) -> bool:
    number, end = port.get("port"), port.get("endPort")
    if not number or number.text in ("53", "dns", "dns-udp", "dns-tcp", "5353", "8053"):
        return True
    return number.text.isdecimal() and end.text.isdecimal() and int(number.text) <= 53 <= int(end.text)


def may_cover(other: ClusterObject, one: ClusterObject) -> bool:
    """Whether the other's pods may be among them."""
    selectors = [each.root.get("spec", "podSelector") for each in (other, one)]
    if any(selector.get("matchExpressions") for selector in selectors):
        return True
    theirs, ours = (labels_of(selector.get("matchLabels")) for selector in selectors)
    return not theirs or not ours or matches(theirs, ours) or matches(ours, theirs)
