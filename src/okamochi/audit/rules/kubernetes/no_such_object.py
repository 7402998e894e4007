"""An object names another one that is not there.

An Ingress with a Service that does not exist answers 503; a HorizontalPodAutoscaler without its
Deployment does nothing; a pod whose ConfigMap, PersistentVolumeClaim or ServiceAccount is missing never
starts. The API takes all of these, and no schema tells it. The rule speaks where objects of that kind
stand in the same folder, and the name in question stands nowhere else in the project, or is a slip of
one that does.

Fix: the name as the other object has it.

See: https://kubernetes.io/docs/concepts/configuration/configmap/#configmaps-and-pods
"""

import difflib

from okamochi.audit.cluster_objects import ClusterObject, all_in_sight, cluster_objects, is_placeholder
from okamochi.audit.kustomizations import kustomizations
from okamochi.audit.references import Reference, named_elsewhere, references
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.ERROR
FOLLOWS = {
    "Service": "it answers 503",
    "ConfigMap": "the pod never starts (CreateContainerConfigError)",
    "Secret": "the pod never starts (CreateContainerConfigError)",
    "PersistentVolumeClaim": "the pod stays Pending",
    "ServiceAccount": "no pod is made",
}
SLIP = 0.8


def look(setup: Setup) -> Finds:
    objects = cluster_objects(setup)
    names = names_by_kind(setup, objects)
    for one in objects:
        told = set[tuple[str, str]]()
        for reference in references(one):
            known = names.get(reference.kind, set())
            key = (reference.kind, reference.name)
            if not known or reference.name in known or key in told or is_placeholder(reference.name):
                continue
            close = difflib.get_close_matches(reference.name, sorted(known), 1, SLIP)
            near = any(other.kind == reference.kind and other.folder == one.folder for other in objects)
            elsewhere = not near or reference.kind == "Secret" or named_elsewhere(reference.name, setup)
            if not all_in_sight(one.folder, setup) or (elsewhere and not close):
                continue
            told.add(key)
            yield found(one, reference, close[0] if close else "", known)


def names_by_kind(setup: Setup, objects: tuple[ClusterObject, ...]) -> dict[str, set[str]]:
    """Of the objects in the files, those that kustomize makes, and the claims of StatefulSets."""
    names: dict[str, set[str]] = {}
    for one in objects:
        names.setdefault(one.kind, set()).add(one.name)
        if one.kind in ("SealedSecret", "ExternalSecret", "Certificate"):
            spec = one.root.get("spec")
            made = spec.get("target", "name").text or spec.get("secretName").text or one.name
            names.setdefault("Secret", set()).add(made)
    for tool in kustomizations(setup):
        for kind, name in tool.generated:
            names.setdefault(kind, set()).add(name)
    for kind, given in {"ServiceAccount": "default", "ConfigMap": "kube-root-ca.crt"}.items():
        if kind in names:
            names[kind].add(given)
    return names


def found(one: ClusterObject, reference: Reference, close: str, known: set[str]) -> Found:
    follows = FOLLOWS.get(reference.kind, "it does nothing")
    return Found(
        path=one.path,
        line=reference.line,
        message=f"{one.kind} {one.name} names the {reference.kind} {reference.name}, which is not among the "
        f"project's: {follows}",
        hint=f"{reference.kind}s of the project: {', '.join(sorted(known)[:6])}"
        if not close
        else f"is {close} meant?",
    )
