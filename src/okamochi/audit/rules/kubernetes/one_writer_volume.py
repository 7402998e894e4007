"""Several pods want a volume that one node has at a time.

A claim with `ReadWriteOnce` is mounted on one node. With more replicas, or in a rolling update, the new pod
may come to another node: it hangs in ContainerCreating (Multi-Attach error), and the rollout with it. Where
both come to one node, two processes write to the same files.

Fix: `strategy: {type: Recreate}` and one replica; a StatefulSet with a claim for each pod; `ReadWriteMany`;
or files in an object store.

See: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes
"""

from okamochi.audit.cluster_objects import ClusterObject, cluster_objects, most_replicas, workloads
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.model.evidence import Evidence

SEVERITY = Severity.WARNING
ONCE = {"ReadWriteOnce", "ReadWriteOncePod"}


def look(setup: Setup) -> Finds:
    claims = {
        one.name: one
        for one in cluster_objects(setup)
        if one.kind == "PersistentVolumeClaim" and modes(one) and modes(one) <= ONCE
    }
    for one in workloads(setup, "Deployment"):
        nodes = [volume.get("persistentVolumeClaim", "claimName") for volume in one.pod.get("volumes").items]
        held = [node for node in nodes if node.text in claims]
        replicas, _ = most_replicas(one, setup)
        recreated = one.root.get("spec", "strategy", "type").text == "Recreate"
        if not held or (recreated and replicas < 2) or keeps_the_old_away(one):
            continue
        if one.patched("strategy", "Recreate"):
            continue
        why = f"{replicas} pods want" if replicas > 1 else "during a rollout two pods want"
        names = ", ".join(dict.fromkeys(node.text for node in held))
        found = [claims[node.text] for node in held]
        yield Found(
            path=one.path,
            line=held[0].line,
            message=f"{why} {names}, which one node has at a time (ReadWriteOnce): a new pod on another node "
            "never starts",
            hint="strategy: {type: Recreate} and replicas: 1, or a claim with ReadWriteMany",
            also=tuple(Evidence(path=claim.path, line=claim.line, reason="the claim") for claim in found),
        )


def modes(one: ClusterObject) -> set[str]:
    return {node.text for node in one.root.get("spec", "accessModes").items}


def keeps_the_old_away(one: ClusterObject) -> bool:
    """Whether a rolling update of one pod takes it away before the new one comes."""
    update = one.root.get("spec", "strategy", "rollingUpdate")
    return update.get("maxSurge").text in ("0", "0%") and one.root.get("spec", "replicas").value in (1, None)
