"""Kubernetes' probes: what they ask, and how long they wait."""

from okamochi.containerfiles.yaml_nodes import Node

__all__ = ["PROBES", "before_it_kills", "endurance", "question"]

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def question(probe: Node) -> object:
    """What is asked, to be compared with that of another; None where the probe does not say."""
    for kind in ("httpGet", "exec", "tcpSocket", "grpc"):
        asked = probe.get(kind)
        if asked:
            return (kind, asked.plain())
    return None


def number(probe: Node, key: str, default: int) -> int:
    value = probe.get(key).value
    return value if isinstance(value, int) else default


def endurance(probe: Node) -> int:
    """Seconds of failure that a probe takes; with Kubernetes' defaults 3 times 10."""
    return number(probe, "periodSeconds", 10) * number(probe, "failureThreshold", 3)


def before_it_kills(liveness: Node) -> int:
    """Seconds after which a container that does not listen yet is killed."""
    first = number(liveness, "initialDelaySeconds", 0)
    return first + number(liveness, "periodSeconds", 10) * number(liveness, "failureThreshold", 3)
