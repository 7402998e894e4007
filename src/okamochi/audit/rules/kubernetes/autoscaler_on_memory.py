"""An autoscaler goes by the memory of a server that forks.

Workers of gunicorn and uWSGI hold what they once took: memory grows with the first requests and does not
fall when these are over. The autoscaler adds pods in the morning and never takes one away, and more pods
do not make each of them smaller.

Fix: processors as the measure, or the number of requests; memory belongs into requests and limits.

Okamochi: the autoscaler goes by CPU.

See: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
"""

from okamochi.audit.cluster_objects import containers_of, metrics, scaled
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers

SEVERITY = Severity.NOTE
FORKING = ("gunicorn", "uwsgi")


def look(setup: Setup) -> Finds:
    for scaler, one in scaled(setup):
        started = {server.name for c in containers_of(one, setup) for server in servers(c)}
        forks = sorted(started & set(FORKING))
        for resource, node in metrics(scaler):
            if resource == "memory" and forks:
                yield Found(
                    path=scaler.path,
                    line=node.line,
                    message=f"workers of {forks[0]} do not give memory back: {scaler.name} adds pods and "
                    "never takes one away",
                    hint="cpu as the measure",
                )
