"""The Kubernetes objects of a project, and what they say of each other."""

import posixpath
from collections.abc import Iterator

from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.kustomizations import Kustomization, kustomizations
from okamochi.audit.manifest_containers import pod_of
from okamochi.audit.setup import Described, Document, Setup, asked_once
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.system.patterns import regex

__all__ = [
    "ClusterObject",
    "Labels",
    "all_in_sight",
    "cluster_objects",
    "containers_of",
    "is_placeholder",
    "labels_of",
    "matches",
    "metrics",
    "most_replicas",
    "running",
    "scaled",
    "selects",
    "services_before",
    "workloads",
]

PLACEHOLDER = regex(
    r"[${}<>%@]|(?i:your|change.?me|set-?me|replace|placeholder|\btodo\b)|XXX|[A-Z]{3,}_[A-Z]{2,}"
)
REPLICATED = ("Deployment", "StatefulSet", "ReplicaSet")

Labels = dict[str, str]


class ClusterObject(Described, frozen=True, kw_only=True):
    """`whole` is false for a patch, which says only what it changes; `kustomized` says that a kustomization
    takes the file, and may change names, images and the number of replicas."""

    kind: str
    name: str
    namespace: str
    whole: bool = True
    kustomized: tuple[Kustomization, ...] = ()

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)

    @property
    def pod(self) -> Node:
        """The pod's spec; `NOTHING` for what makes no pods."""
        return pod_of(self.root)

    @property
    def container_nodes(self) -> tuple[Node, ...]:
        """As the file has them, init containers first."""
        return (*self.pod.get("initContainers").items, *self.pod.get("containers").items)

    @property
    def labels(self) -> Labels:
        """Of the pods that it makes."""
        return labels_of(self.template.get("metadata", "labels"))

    @property
    def template(self) -> Node:
        """The metadata and the spec of the pods that it makes."""
        match self.kind:
            case "Pod":
                return self.root
            case "CronJob":
                return self.root.get("spec", "jobTemplate", "spec", "template")
            case _:
                return self.root.get("spec", "template")

    def patched(self, *words: str) -> bool:
        """Whether a patch of a kustomization that takes it may say something of that."""
        return any(word in tool.patch_text for tool in self.kustomized for word in words)

    @property
    def line(self) -> int:
        return self.root.get("metadata").key("name").line or self.root.line


@asked_once
def cluster_objects(setup: Setup) -> tuple[ClusterObject, ...]:
    """All that are whole and not for developers. Those of charts are left out: what stands beside them comes
    from templates."""
    tools = kustomizations(setup)
    patches = {path for one in tools for path in one.patches}
    found = (object_of(one, tools) for one in setup.manifests if one.path not in patches)
    return tuple(one for one in found if one.whole and not one.document.desk and not in_a_chart(one, setup))


def object_of(document: Document, tools: tuple[Kustomization, ...]) -> ClusterObject:
    root = document.root
    pod = pod_of(root)
    return ClusterObject(
        kind=root.get("kind").text,
        name=root.get("metadata", "name").text,
        namespace=root.get("metadata", "namespace").text,
        document=document,
        whole=not pod or any(one.get("image") for one in pod.get("containers").items),
        kustomized=tuple(one for one in tools if one.takes(document.path)),
    )


def in_a_chart(one: ClusterObject, setup: Setup) -> bool:
    parts = one.folder.split("/")
    above = (posixpath.join(*parts[:depth], "Chart.yaml") for depth in range(len(parts) + 1))
    return any(setup.project.exists(path) for path in above)


def all_in_sight(folder: str, setup: Setup) -> bool:
    """Whether each manifest of a folder could be read: none is broken, none is a template."""
    if any(posixpath.dirname(path) == folder for path, _, _ in setup.unread):
        return False
    beside = (path for path in setup.project.files() if posixpath.dirname(path) == folder)
    texts = (setup.project.read_text(path) or "" for path in beside if path.endswith((".yaml", ".yml")))
    return not any("{{" in text or "{%" in text for text in texts)


def workloads(setup: Setup, *kinds: str) -> Iterator[ClusterObject]:
    """Those that make pods."""
    for one in cluster_objects(setup):
        if one.pod and (not kinds or one.kind in kinds):
            yield one


def containers_of(one: ClusterObject, setup: Setup) -> tuple[Container, ...]:
    """Init containers first, as `Setup` has them."""
    pod = one.pod
    return tuple(
        container
        for container in setup.of_kind(ContainerKind.KUBERNETES)
        if container.path == one.path and container.pod is pod
    )


def running(setup: Setup, *kinds: str) -> Iterator[tuple[ClusterObject, Container]]:
    """What makes pods, with each container of these."""
    for one in workloads(setup, *kinds):
        for container in containers_of(one, setup):
            yield one, container


def services_before(one: ClusterObject, objects: tuple[ClusterObject, ...]) -> list[ClusterObject]:
    """The Services that lead to its pods."""
    return [other for other in objects if other.kind == "Service" and selects(other, one)]


def selects(service: ClusterObject, one: ClusterObject) -> bool:
    selector = labels_of(service.root.get("spec", "selector"))
    return bool(selector) and matches(selector, one.labels)


def labels_of(node: Node) -> Labels:
    """A mapping of labels; empty where it is none."""
    return {key.text: value.text for key, value in node.pairs}


def matches(selector: Labels, labels: Labels) -> bool:
    return all(labels.get(name) == value for name, value in selector.items())


def is_placeholder(text: str) -> bool:
    """Whether somebody or something puts another text there first."""
    return PLACEHOLDER.search(text) is not None


def most_replicas(one: ClusterObject, setup: Setup) -> tuple[int, int]:
    """How many pods of it there may be at most, by itself, a kustomization and autoscalers, and the line in
    its own file that says so (0 where another does). 1 where nothing says more."""
    node = one.root.get("spec", "replicas")
    value = node.value if isinstance(node.value, int) and one.kind in REPLICATED else 1
    line = one.root.get("spec").key("replicas").line
    for scaler in cluster_objects(setup):
        target = scaler.root.get("spec", "scaleTargetRef")
        if scaler.kind != "HorizontalPodAutoscaler" or target.get("name").text != one.name:
            continue
        most = scaler.root.get("spec", "maxReplicas").value
        if target.get("kind").text == one.kind and isinstance(most, int) and most > value:
            value, line = most, 0
    return value, line or one.line


def scaled(setup: Setup) -> Iterator[tuple[ClusterObject, ClusterObject]]:
    """(autoscaler, what it scales) where both are in the files."""
    objects = cluster_objects(setup)
    for scaler in objects:
        target = scaler.root.get("spec", "scaleTargetRef")
        if scaler.kind == "HorizontalPodAutoscaler":
            for one in objects:
                if (one.kind, one.name) == (target.get("kind").text, target.get("name").text):
                    yield scaler, one


def metrics(scaler: ClusterObject) -> Iterator[tuple[str, Node]]:
    """(resource, node) of those that are a share of the request: cpu, memory."""
    spec = scaler.root.get("spec")
    for metric in spec.get("metrics").items:
        resource = metric.get("resource")
        shared = resource.get("target", "averageUtilization") or resource.get("targetAverageUtilization")
        if shared:
            yield resource.get("name").text, resource.get("name")
    if spec.get("targetCPUUtilizationPercentage"):
        yield "cpu", spec.get("targetCPUUtilizationPercentage")
