"""The liveness probe asks what the readiness probe asks, and gives up as soon.

Readiness takes a pod that is busy out of the Service for a while; liveness kills it. With the same question
and the same patience a pod under load is killed at the moment it should be left in peace, its requests go to
the others, and these are killed next.

Fix: a liveness probe that asks less (the port alone: `tcpSocket`), or that waits longer than the readiness
probe by a multiple: `failureThreshold: 6`, `periodSeconds: 20`.

Okamochi: readiness asks the app, liveness looks at the port alone.

See: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

from okamochi.audit.cluster_objects import containers_of, workloads
from okamochi.audit.health import endurance, question
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.model.evidence import Evidence

SEVERITY = Severity.WARNING

# nobody is killed for a hiccup of that length
PATIENT_SECONDS = 60


def look(setup: Setup) -> Finds:
    for one in workloads(setup):
        if one.patched("livenessProbe", "readinessProbe"):
            continue
        for container in containers_of(one, setup):
            live, ready = (container.node.get(name) for name in ("livenessProbe", "readinessProbe"))
            asked = question(live)
            if (
                not container.own
                or not live
                or not ready
                or asked is None
                or asked != question(ready)
                or live.get("tcpSocket")
            ):
                continue
            seconds = endurance(live)
            if seconds <= endurance(ready) and seconds < PATIENT_SECONDS:
                yield Found(
                    path=one.path,
                    line=container.node.key("livenessProbe").line,
                    message="the liveness probe asks the same as the readiness probe and kills "
                    f"{container.name} after {seconds:.0f} s: one that is busy is killed, not spared",
                    hint="tcpSocket for the liveness probe, or failureThreshold: 6 with periodSeconds: 20",
                    also=(
                        Evidence(
                            path=one.path,
                            line=container.node.key("readinessProbe").line,
                            reason="the readiness probe",
                        ),
                    ),
                )
