"""Pods say what happens when they end, and their kind does not take it.

A Job needs `restartPolicy: Never` or `OnFailure`: nothing is said in it means `Always`, which the API
refuses (`spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"`). A
Deployment takes `Always` alone.

Fix: `restartPolicy: Never` in a Job, with `backoffLimit`; nothing in a Deployment.

See: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-template
"""

from okamochi.audit.cluster_objects import is_placeholder, workloads
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.ERROR
ONCE = ("Job", "CronJob")
FOR_EVER = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")


def look(setup: Setup) -> Finds:
    for one in workloads(setup, *ONCE, *FOR_EVER):
        policy = one.pod.get("restartPolicy")
        if one.kind in ONCE and policy.text in ("", "Always"):
            yield Found(
                path=one.path,
                line=policy.line or one.line,
                message=f"{one.kind} {one.name} does not say Never or OnFailure as restartPolicy: it "
                "is refused",
                hint="restartPolicy: Never beside its containers",
            )
        if one.kind in FOR_EVER and policy.text not in ("", "Always") and not is_placeholder(policy.text):
            yield Found(
                path=one.path,
                line=policy.line,
                message=f"a {one.kind} takes no restartPolicy but Always: it is refused",
                hint="take it away; what ends by itself is a Job",
            )
