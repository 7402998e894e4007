"""A selector asks for labels that no pod has.

A Deployment whose selector does not match its own template is refused by the API (`selector does not
match template labels`). All others are taken without a word: a Service without pods has no endpoints and
answers nothing, a PodDisruptionBudget protects nothing, a NetworkPolicy restricts nobody. No schema
tells it: kubernetes-validate, checkov and Trivy passed such files.

Fix: the same labels in `spec.selector` and in the `metadata.labels` of the pods' template.

See: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

from okamochi.audit.cluster_objects import (
    ClusterObject,
    Labels,
    all_in_sight,
    cluster_objects,
    is_placeholder,
    labels_of,
    matches,
)
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.model.evidence import Evidence

SEVERITY = Severity.ERROR
FOLLOWS = {
    "Service": "it has no endpoints, and every connection is refused",
    "PodDisruptionBudget": "it protects nothing",
    "NetworkPolicy": "it restricts nobody",
}


def look(setup: Setup) -> Finds:
    """Of Services and their like only in a folder that has pods, and of which all can be read."""
    objects = cluster_objects(setup)
    for one in objects:
        selector = selector_of(one)
        wanted = labels_of(selector)
        makes_pods = one.kind not in FOLLOWS
        if not wanted or any(map(is_placeholder, wanted.values())) or (makes_pods and not one.pod):
            continue  # a workload without a template is refused for that
        if one.pod:
            yield from of_workload(one, selector, wanted)
            continue
        pods = [other for other in objects if other.pod]
        if one.kind == "NetworkPolicy" and of_a_controller(wanted, pods):
            continue
        near = [other for other in pods if other.folder == one.folder]
        if (
            near
            and all_in_sight(one.folder, setup)
            and not any(matches(wanted, other.labels) for other in pods)
        ):
            closest = max(near, key=lambda other: likeness(wanted, other.labels))
            yield Found(
                path=one.path,
                line=selector.line,
                message=f"no pod has {text_of(missing(wanted, closest))}, which {one.kind} {one.name} "
                f"asks for: {FOLLOWS[one.kind]}",
                hint=f"labels of {closest.kind} {closest.name}: {text_of(closest.labels)}",
                also=(Evidence(path=closest.path, line=closest.line, reason="the nearest pods"),),
            )


def of_a_controller(wanted: Labels, pods: list[ClusterObject]) -> bool:
    """Labels with a prefix that no pod here has: of pods that a controller makes, such as the solvers of
    cert-manager (acme.cert-manager.io/http01-solver)."""
    used = {name.partition("/")[0] for pod in pods for name in pod.labels if "/" in name}
    prefixes = {name.partition("/")[0] for name in wanted if "/" in name} - {"app.kubernetes.io"}
    return bool(prefixes - used)


def selector_of(one: ClusterObject) -> Node:
    spec = one.root.get("spec")
    match one.kind:
        case "Service":
            return spec.get("selector")
        case "NetworkPolicy":
            return spec.get("podSelector", "matchLabels")
        case "PodDisruptionBudget" | "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet":
            return spec.get("selector", "matchLabels")
        case _:
            return Node("nothing")


def of_workload(one: ClusterObject, selector: Node, wanted: Labels) -> Finds:
    labels = one.labels
    if not matches(wanted, labels) and not any(map(is_placeholder, labels.values())):
        yield Found(
            path=one.path,
            line=selector.line,
            message=f"{one.kind} {one.name} asks for {text_of(missing(wanted, one))}, which its own template "
            "does not have: the API refuses it",
            hint=f"the template's labels are {text_of(labels) or 'none'}; both must agree",
        )


def missing(wanted: Labels, one: ClusterObject) -> Labels:
    labels = one.labels
    return {name: value for name, value in wanted.items() if labels.get(name) != value}


def likeness(wanted: Labels, labels: Labels) -> int:
    return sum(labels.get(name) == value for name, value in wanted.items())


def text_of(labels: Labels) -> str:
    return ", ".join(f"{name}: {value}" for name, value in labels.items())
