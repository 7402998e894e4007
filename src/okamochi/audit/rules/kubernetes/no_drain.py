"""A pod stops at once, while load balancers still send it requests.

When a pod is to end, SIGTERM and the news that it is no endpoint any more go out at the same time. The
server closes its port before all proxies have heard: a few requests of each rollout get 502.

Fix: `lifecycle: {preStop: {sleep: {seconds: 5}}}`, counted into `terminationGracePeriodSeconds`.

Okamochi: `preStop` sleeps 5 s.

See: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
"""

from okamochi.audit.addresses import listening_ports
from okamochi.audit.cluster_objects import cluster_objects, containers_of, services_before, workloads
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    """Where somebody asks for more than one pod, and so for no gap, behind a Service."""
    objects = cluster_objects(setup)
    for one in workloads(setup, "Deployment"):
        asked = one.root.get("spec", "replicas").value
        if (
            not services_before(one, objects)
            or not isinstance(asked, int)
            or asked < 2
            or one.patched("preStop")
        ):
            continue
        for container in containers_of(one, setup):
            port = listening_ports(container, setup) if container.own else None
            if port is not None and not container.node.get("lifecycle", "preStop"):
                yield Found(
                    path=one.path,
                    line=container.line,
                    message=f"{container.name} closes its port before the proxies know that the pod ends: "
                    "some requests of each rollout get 502",
                    hint="lifecycle: {preStop: {sleep: {seconds: 5}}}",
                )
