"""A web server is behind a Service, and nothing says when it is ready.

Without a readiness probe a pod gets requests as soon as its process exists, before it listens: each
rollout answers 502 for a while, and a release that cannot start replaces one that worked. A HEALTHCHECK
in the Dockerfile does not count: Kubernetes ignores it.

Fix: `readinessProbe` with `httpGet` on a path that says whether the app can work.

Okamochi: startup, readiness and liveness probe.

See: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/#readiness-probe
"""

from okamochi.audit.addresses import listening_ports
from okamochi.audit.cluster_objects import cluster_objects, containers_of, services_before
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.WARNING
KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def look(setup: Setup) -> Finds:
    objects = cluster_objects(setup)
    for one in objects:
        if one.kind not in KINDS or one.patched("readinessProbe") or not services_before(one, objects):
            continue
        for container in containers_of(one, setup):
            node = container.node
            serves = bool(node.get("ports")) or listening_ports(container, setup) is not None
            if not container.own or not serves or node.get("readinessProbe"):
                continue
            checked = container.stage is not None and container.stage.last("HEALTHCHECK") is not None
            ignored = " (Kubernetes ignores the HEALTHCHECK of the Dockerfile)" if checked else ""
            yield Found(
                path=one.path,
                line=container.line,
                message=f"{container.name} gets requests before it listens: it has no readiness "
                f"probe{ignored}",
                hint="readinessProbe: {httpGet: {path: …, port: …}}",
            )
