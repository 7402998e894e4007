"""A container may take the memory of its whole node.

gunicorn's workers grow with the requests that they serve. Without a limit one app takes the node's
memory, and the kernel ends whichever process it likes; without a request the scheduler puts pods where
there is no room for them. A limit on processors is another question: many go without.

Fix: `resources: {requests: {cpu: 250m, memory: 512Mi}, limits: {memory: 512Mi}}`.

Okamochi: each container has a limit, and requests as much.

See: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from okamochi.audit.cluster_objects import cluster_objects, containers_of, workloads
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    """Of the project's own servers and workers. A LimitRange gives limits of its own, and so may patches."""
    if any(one.kind == "LimitRange" for one in cluster_objects(setup)):
        return
    for one in workloads(setup, "Deployment", "StatefulSet", "DaemonSet"):
        for container in containers_of(one, setup) if not one.patched("memory", "resources") else ():
            resources = container.node.get("resources")
            main = any(container.node is node for node in one.pod.get("containers").items)
            if container.own and main and not resources.get("limits", "memory"):
                yield Found(
                    path=one.path,
                    line=container.node.key("resources").line or container.line,
                    message=f"nothing limits the memory of {container.name}: it may take that of its "
                    "whole node",
                    hint="resources: {requests: {cpu: 250m, memory: 512Mi}, limits: {memory: 512Mi}}",
                )
