"""A probe asks without the Host header that the app insists on.

The kubelet asks by the pod's address, and that is the Host header as well. Django answers 400 to a host
that is not among ALLOWED_HOSTS, Flask 404 where SERVER_NAME is set, and 400 with TRUSTED_HOSTS: the pod
never becomes ready, or is restarted for ever.

Fix: `httpHeaders: [{name: Host, value: shop.example.com}]` below `httpGet`; a health path that looks at
no host is better still.

Okamochi: the check sends the Host header that the app insists on.

See: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
"""

from okamochi.audit.cluster_objects import containers_of, workloads
from okamochi.audit.containers import Container
from okamochi.audit.health import PROBES
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.model.process import host_of

SEVERITY = Severity.ERROR
LISTS = ("ALLOWED_HOSTS", "DJANGO_ALLOWED_HOSTS", "TRUSTED_HOSTS")


def look(setup: Setup) -> Finds:
    host = host_of(setup.plan.web.probe) if setup.plan is not None else ""
    for one in workloads(setup) if host else ():
        for container in containers_of(one, setup):
            if container.own and not takes_any(container) and not one.patched("httpHeaders"):
                yield from of_container(one.path, container, host)


def of_container(path: str, container: Container, host: str) -> Finds:
    for name in PROBES:
        asked = container.node.get(name, "httpGet")
        if asked and not has_host(asked):
            yield Found(
                path=path,
                line=container.node.key(name).line,
                message=f"{name} asks with the pod's address as Host, and the app answers only to the hosts "
                "that it knows: the probe fails each time",
                hint=f"below httpGet: httpHeaders: [{{name: Host, value: {host}}}]",
            )
            return


def has_host(asked: Node) -> bool:
    return any(one.get("name").text.lower() == "host" for one in asked.get("httpHeaders").items)


def takes_any(container: Container) -> bool:
    """Whether its variables may let every host in."""
    if container.node.get("envFrom"):
        return True
    listed = [container.variable(name) for name in LISTS]
    return any(one is not None and (one.value is None or "*" in one.value) for one in listed)
