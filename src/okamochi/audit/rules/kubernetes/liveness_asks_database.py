"""The liveness probe asks the database.

A database that is slow or away for a minute makes every pod fail its liveness probe, and all of them are
killed at once. Starting again does not bring the database back, and when it is back, no pod is there to
serve.

Fix: a path that asks nothing for the liveness probe, or `tcpSocket`; the question to the database
belongs into the readiness probe, if anywhere.

Okamochi: liveness looks at the port alone.

See: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

from okamochi.audit.cluster_objects import running
from okamochi.audit.health_routes import database_behind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.model.evidence import Evidence

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for one, container in running(setup):
        path = container.node.get("livenessProbe", "httpGet", "path")
        asked = database_behind(path.text, setup) if path and container.own else None
        if asked is not None:
            yield Found(
                path=one.path,
                line=path.line,
                message=f"{path.text} asks the database ({asked.path}:{asked.line}): when that is slow, "
                "every pod is killed at once",
                hint="a path that asks nothing, or tcpSocket",
                also=(Evidence(path=asked.path, line=asked.line, reason="the question"),),
            )
