"""An autoscaler counts in parts of a request that a container does not make.

`averageUtilization: 70` is 70 % of what the containers request. Where one of them requests nothing, the
autoscaler shows `<unknown>/70%` (FailedGetResourceMetric: missing request for cpu) and never scales.

Fix: `resources.requests` of that resource in each container of the pod.

Okamochi: each container requests CPU and memory.

See: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
"""

from okamochi.audit.cluster_objects import cluster_objects, metrics, scaled
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.model.evidence import Evidence

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    """A LimitRange may give what is missing."""
    if any(one.kind == "LimitRange" for one in cluster_objects(setup)):
        return
    for scaler, one in scaled(setup):
        for resource, node in metrics(scaler) if not one.patched("requests", "resources") else ():
            for container in one.pod.get("containers").items:
                asked = container.get("resources")
                # a limit without a request is the request as well
                if not asked.get("requests", resource) and not asked.get("limits", resource):
                    yield Found(
                        path=one.path,
                        line=container.line,
                        message=f"{container.get('name').text} requests no {resource}, and the autoscaler "
                        f"{scaler.name} counts in parts of that: it never scales",
                        hint=f"resources: {{requests: {{{resource}: …}}}}",
                        also=(Evidence(path=scaler.path, line=node.line, reason="the autoscaler's measure"),),
                    )
