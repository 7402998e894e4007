"""HorizontalPodAutoscalers, and what they scale."""

from collections.abc import Iterator

from okamochi.audit.cluster_objects import ClusterObject, cluster_objects
from okamochi.audit.setup import Setup
from okamochi.containerfiles.yaml_nodes import Node

__all__ = ["metrics", "scaled"]


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
