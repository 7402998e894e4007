"""What a Kubernetes object names: services, configuration, claims, accounts."""

from collections.abc import Iterator

import msgspec

from okamochi.audit.cluster_objects import ClusterObject
from okamochi.audit.setup import Setup
from okamochi.containerfiles.yaml_nodes import Node

__all__ = ["Reference", "named_elsewhere", "references"]

# where people say how something is made
TOLD_IN = (".md", ".sh", ".yml", ".yaml", ".tf", ".txt", "file")
SCALED = ("Deployment", "StatefulSet")


class Reference(msgspec.Struct, frozen=True):
    """`key` is that of a ConfigMap or Secret which has to be there, "" for none."""

    kind: str
    name: str
    line: int
    key: str = ""


def references(one: ClusterObject) -> Iterator[Reference]:
    """Those that have to be there; what is optional is left out."""
    if one.kind == "Ingress":
        yield from of_ingress(one.root)
    if one.kind == "HorizontalPodAutoscaler":
        target = one.root.get("spec", "scaleTargetRef")
        if target.get("kind").text in SCALED:
            yield named(target.get("kind").text, target.get("name"))
    yield from of_pod(one)


def of_ingress(root: Node) -> Iterator[Reference]:
    """Of networking.k8s.io/v1 and of the one before."""
    for node in root.walk():
        name = node.get("service", "name") or node.get("serviceName")
        action = node.get("service", "port", "name") or node.get("servicePort")
        if name and action.text != "use-annotation":  # AWS's controller: no service, but what to do
            yield named("Service", name)


def of_pod(one: ClusterObject) -> Iterator[Reference]:
    pod = one.pod
    account = pod.get("serviceAccountName")
    if account:
        yield named("ServiceAccount", account)
    for volume in pod.get("volumes").items:
        yield from of_volume(volume)
    for container in one.container_nodes:
        for source in container.get("envFrom").items:
            yield from optional("ConfigMap", source.get("configMapRef"), "name")
            yield from optional("Secret", source.get("secretRef"), "name")
        for variable in container.get("env").items:
            yield from optional("ConfigMap", variable.get("valueFrom", "configMapKeyRef"), "name")
            yield from optional("Secret", variable.get("valueFrom", "secretKeyRef"), "name")


def of_volume(volume: Node) -> Iterator[Reference]:
    yield from optional("ConfigMap", volume.get("configMap"), "name")
    yield from optional("Secret", volume.get("secret"), "secretName")
    yield from optional("PersistentVolumeClaim", volume.get("persistentVolumeClaim"), "claimName")
    for source in volume.get("projected", "sources").items:
        yield from optional("ConfigMap", source.get("configMap"), "name")
        yield from optional("Secret", source.get("secret"), "name")


def optional(kind: str, node: Node, key: str) -> Iterator[Reference]:
    name = node.get(key)
    if name and node.get("optional").value is not True:
        yield Reference(kind, name.text, name.line, node.get("key").text)


def named(kind: str, name: Node) -> Reference:
    return Reference(kind, name.text, name.line)


def named_elsewhere(name: str, setup: Setup) -> bool:
    """Whether a file that is no manifest speaks of it: a script or a page that says how to make it."""
    manifests = {one.path for one in setup.manifests}
    texts = (
        setup.project.read_text(path) or ""
        for path in setup.project.files()
        if path not in manifests and path.endswith(TOLD_IN)
    )
    return any(name in text for text in texts)
