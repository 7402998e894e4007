"""The pod is killed before its server has stopped.

From the moment that a pod is to end, `terminationGracePeriodSeconds` (30 if nothing is said) count, the time
of `preStop` included. gunicorn waits up to `--graceful-timeout` (30 s) for the requests under way. What is
not over when the pod's time is up is killed with all its requests.

Fix: `terminationGracePeriodSeconds` of at least both together, and some seconds more; or a shorter
`--graceful-timeout`.

Okamochi: 40 s in all: 5 s until load balancers know, then the server's own stop.

See: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
"""

import re

from okamochi.audit.cluster_objects import ClusterObject, running
from okamochi.audit.containers import Container
from okamochi.audit.gunicorn_files import graceful_seconds
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.yaml_nodes import Node

SEVERITY = Severity.WARNING
DEFAULT_SECONDS = 30


def look(setup: Setup) -> Finds:
    for one, container in running(setup, "Deployment", "StatefulSet", "DaemonSet"):
        yield from of_container(one, container, setup)


def of_container(one: ClusterObject, container: Container, setup: Setup) -> Finds:
    before = slept(container.node.get("lifecycle", "preStop"))
    stopping = graceful_seconds(container, setup)
    grace = one.pod.get("terminationGracePeriodSeconds")
    given = grace.value if isinstance(grace.value, int) else DEFAULT_SECONDS
    if before is None or stopping is None or given >= before + stopping:
        return
    if one.patched("terminationGracePeriodSeconds"):
        return
    parts = f"{before} s of preStop and {stopping} s" if before else f"{stopping} s"
    yield Found(
        path=one.path,
        line=one.pod.key("terminationGracePeriodSeconds").line or container.node.key("lifecycle").line,
        message=f"the pod is killed {given} s after it was told to stop, and gunicorn may take {parts}: "
        "requests under way are lost",
        hint=f"terminationGracePeriodSeconds: {before + stopping + 5}",
    )


def slept(hook: Node) -> int | None:
    """Seconds that preStop takes; None where it does something else."""
    if not hook:
        return 0
    seconds = hook.get("sleep", "seconds").value
    if isinstance(seconds, int):
        return seconds
    words = " ".join(one.text for one in hook.get("exec", "command").items)
    found = re.fullmatch(r"(?:(?:/bin/)?(?:ba)?sh -c )?(?:/bin/|/usr/bin/)?sleep (\d+)s?", words)
    return int(found[1]) if found is not None else None
