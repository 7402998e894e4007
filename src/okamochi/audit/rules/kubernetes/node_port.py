"""A port of the nodes is outside of those that Kubernetes gives away.

`nodePort` is 30000 to 32767, unless the cluster was set up otherwise: `provided port is not in the valid
range`. It is taken of a Service of type NodePort or LoadBalancer alone.

Fix: no `nodePort`, so that the cluster chooses one; an Ingress for port 80.

See: https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport
"""

from okamochi.audit.cluster_objects import cluster_objects
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.ERROR
FIRST, LAST = 30000, 32767


def look(setup: Setup) -> Finds:
    for one in cluster_objects(setup):
        kind = one.root.get("spec", "type").text or "ClusterIP"
        for port in one.root.get("spec", "ports").items if one.kind == "Service" else ():
            node = port.get("nodePort")
            if not isinstance(node.value, int) or node.value == 0:
                continue
            if kind in ("ClusterIP", "ExternalName"):
                why = f"a Service of type {kind} has no port of the nodes"
            elif FIRST <= node.value <= LAST:
                continue
            else:
                why = f"{node.value} is not among {FIRST} to {LAST}"
            yield Found(
                path=one.path,
                line=node.line,
                message=f"{why}: Service {one.name} is refused",
                hint="take nodePort away, or type: NodePort and a port of that range",
            )
