"""A number of replicas is fixed beside an autoscaler.

Each `kubectl apply` sets the number back to the file's: in the middle of the day ten pods become two,
and the autoscaler begins again.

Fix: no `replicas` in the object that is scaled; `minReplicas` of the autoscaler counts.

See: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
"""

from okamochi.audit.cluster_objects import scaled
from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity
from okamochi.model.evidence import Evidence

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for scaler, one in scaled(setup):
        key = one.root.get("spec").key("replicas")
        if not key or one.patched("replicas"):
            continue
        line = setup.file(one.path).line(key.line)
        alone = line.strip() == f"replicas: {one.root.get('spec', 'replicas').text}"
        yield Found(
            path=one.path,
            line=key.line,
            message=f"each apply sets {one.name} back to {one.root.get('spec', 'replicas').text} pods, "
            f"whatever the autoscaler {scaler.name} has made of it",
            hint="take replicas away: minReplicas of the autoscaler counts",
            edits=(Edit(one.path, key.line, key.line, ""),) if alone else (),
            also=(Evidence(path=scaler.path, line=scaler.line, reason="the autoscaler"),),
        )
