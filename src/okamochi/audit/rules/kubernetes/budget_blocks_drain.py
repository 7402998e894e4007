"""A PodDisruptionBudget never lets a pod go.

`minAvailable: 1` with one replica, `minAvailable: 100%` or `maxUnavailable: 0` allow no eviction at all: the
drain of a node waits for ever, and with it the update of the cluster.

Fix: at least two replicas; or `maxUnavailable: 1`; or no budget for what has one pod.

Okamochi: a budget is written only where there may be several pods.

See: https://kubernetes.io/docs/tasks/run-application/configure-pdb/#identify-an-application-to-protect
"""

from okamochi.audit.cluster_objects import (
    ClusterObject,
    cluster_objects,
    labels_of,
    matches,
    most_replicas,
    workloads,
)
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.model.evidence import Evidence

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for one in cluster_objects(setup):
        if one.kind != "PodDisruptionBudget":
            continue
        covered = covered_by(one, setup)
        least, most = one.root.get("spec", "minAvailable"), one.root.get("spec", "maxUnavailable")
        if len(covered) != 1 or covered[0].patched("replicas"):
            continue
        replicas, _ = most_replicas(covered[0], setup)
        never = most.text in ("0", "0%") or least.text == "100%"
        if not never and isinstance(least.value, int):
            never = least.value >= replicas
        if never:
            node = most if most else least
            said = f"{'maxUnavailable' if most else 'minAvailable'}: {node.text}"
            yield Found(
                path=one.path,
                line=node.line,
                message=f"{said} with {replicas} pod{'s' if replicas > 1 else ''} of "
                f"{covered[0].kind} {covered[0].name} allows no eviction: the drain of a node never ends",
                hint="maxUnavailable: 1, or more replicas",
                also=(Evidence(path=covered[0].path, line=covered[0].line, reason="the pods"),),
            )


def covered_by(one: ClusterObject, setup: Setup) -> list[ClusterObject]:
    selector = labels_of(one.root.get("spec", "selector", "matchLabels"))
    return [
        other
        for other in workloads(setup, "Deployment", "StatefulSet")
        if selector and matches(selector, other.labels)
    ]
