"""What stands around the pods: who reaches them and whom they reach, how many there are, what they keep."""

from collections.abc import Iterator

from okamochi.model.backing_service import ServiceKind
from okamochi.model.plan import Plan
from okamochi.render.kubernetes_pods import HTTP
from okamochi.render.kubernetes_words import app_name, labels, metadata, say, selector
from okamochi.render.orchestrators import is_alone
from okamochi.render.rendering import Language
from okamochi.render.yaml_text import Commented, Node, Yaml

__all__ = [
    "LEAST_PODS",
    "claims",
    "ingress",
    "namespace",
    "network_policy",
    "scaling",
    "service",
    "service_account",
]

LEAST_PODS, MOST_PODS = 2, 6
HTTPS = 443
DNS = 53
SMTP_PORTS = (25, 465, 587)
POD_SECURITY = "pod-security.kubernetes.io"


def namespace(plan: Plan, language: Language) -> Node:
    enforced: Node = {f"{POD_SECURITY}/enforce": Commented(say("restricted", language), "restricted")}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": app_name(plan), "labels": {**labels(plan), **enforced}},
    }


def service_account(plan: Plan) -> Node:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(plan, app_name(plan)),
        "automountServiceAccountToken": False,
    }


def service(plan: Plan) -> Node:
    port: Node = {"name": HTTP, "port": 80, "targetPort": HTTP}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(plan, app_name(plan), plan.web),
        "spec": {"selector": selector(plan, plan.web), "ports": [port]},
    }


def scaling(plan: Plan, language: Language) -> Iterator[Node]:
    """Nothing for an app that may have one pod only: a budget would then forbid to empty its node."""
    if is_alone(plan, plan.web):
        return
    budget: Node = {"minAvailable": 1, "selector": {"matchLabels": selector(plan, plan.web)}}
    yield {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(plan, app_name(plan), plan.web),
        "spec": budget,
    }
    utilization: Node = {"type": "Utilization", "averageUtilization": 70}
    metric: Node = {"type": "Resource", "resource": {"name": "cpu", "target": utilization}}
    yield {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(plan, app_name(plan), plan.web),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": app_name(plan)},
            "minReplicas": LEAST_PODS,
            "maxReplicas": MOST_PODS,
            "metrics": Commented(say("cpu", language), [metric]),
        },
    }


def claims(plan: Plan, language: Language) -> Iterator[Node]:
    for volume in plan.volumes:
        request: Node = {"requests": {"storage": Commented(say("volume", language), "2Gi")}}
        yield {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": metadata(plan, f"{app_name(plan)}-{volume.name}"),
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": request},
        }


def ingress(plan: Plan) -> Node:
    backend: Node = {"service": {"name": app_name(plan), "port": {"name": HTTP}}}
    path: Node = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata(plan, app_name(plan), plan.web),
        "spec": {
            "tls": [{"hosts": [plan.domain], "secretName": f"{app_name(plan)}-tls"}],
            "rules": [{"host": plan.domain, "http": {"paths": [path]}}],
        },
    }


def network_policy(plan: Plan, language: Language) -> Iterator[Node]:
    """In: to web's port, from this cluster's pods. Out: what the plan knows."""
    yield policy(
        plan,
        app_name(plan),
        {
            "podSelector": {"matchLabels": labels(plan)},
            "policyTypes": ["Ingress", "Egress"],
            "egress": Commented(say("egress", language), list(ways_out(plan))),
        },
    )
    everybody: Node = {"namespaceSelector": {}}
    yield policy(
        plan,
        f"{app_name(plan)}-web",
        {
            "podSelector": {"matchLabels": selector(plan, plan.web)},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [everybody], "ports": [{"protocol": "TCP", "port": HTTP}]}],
        },
    )


def policy(plan: Plan, name: str, spec: Node) -> Node:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(plan, name),
        "spec": spec,
    }


def ways_out(plan: Plan) -> Iterator[Yaml]:
    dns: list[Yaml] = [{"protocol": protocol, "port": DNS} for protocol in ("UDP", "TCP")]
    yield {"ports": dns}
    ports = {one.port for one in plan.services if one.kind is not ServiceKind.MAIL} | {HTTPS}
    if any(one.kind is ServiceKind.MAIL for one in (*plan.services, *plan.development_services)):
        ports |= set(SMTP_PORTS)
    allowed: list[Yaml] = [{"protocol": "TCP", "port": port} for port in sorted(ports)]
    yield {"ports": allowed}
