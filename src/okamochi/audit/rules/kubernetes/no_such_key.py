"""A variable takes a key from a ConfigMap or Secret that does not have it.

The pod is made, and its container never starts: `CreateContainerConfigError: couldn't find key … in
ConfigMap …`. A rolling update hangs at the first new pod.

Fix: the key as the object has it, or `optional: true` where the app can go without.

See: https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/
"""

import difflib

from okamochi.audit.cluster_objects import ClusterObject, cluster_objects
from okamochi.audit.references import references
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.model.evidence import Evidence

SEVERITY = Severity.ERROR
PARTS = ("data", "stringData", "binaryData")


def look(setup: Setup) -> Finds:
    """Where one object of that kind and name is in the files, and it holds something."""
    objects = cluster_objects(setup)
    for one in objects:
        for reference in references(one):
            held = [
                other for other in objects if (other.kind, other.name) == (reference.kind, reference.name)
            ]
            keys = keys_of(held[0]) if len(held) == 1 else ()
            if not reference.key or not keys or reference.key in keys:
                continue
            close = difflib.get_close_matches(reference.key, keys, 1, 0.7)
            yield Found(
                path=one.path,
                line=reference.line,
                message=f"{reference.kind} {reference.name} has no {reference.key}: the container never "
                "starts (CreateContainerConfigError)",
                hint=f"is {close[0]} meant?" if close else f"its keys are {', '.join(keys[:8])}",
                also=(Evidence(path=held[0].path, line=held[0].line, reason="the object"),),
            )


def keys_of(one: ClusterObject) -> tuple[str, ...]:
    return tuple(name for part in PARTS for name in one.root.get(part).names())
