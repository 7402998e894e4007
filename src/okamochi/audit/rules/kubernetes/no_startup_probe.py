"""A container migrates before it listens, and the liveness probe does not wait for that.

Until the migration is over the port is closed. The liveness probe counts that as dead and kills the
container in the middle of the migration, again and again; with Kubernetes' defaults after 30 seconds.

Fix: `startupProbe` with `failureThreshold: 60`, `periodSeconds: 5`: the others begin when it has succeeded.
Better: the migration as a Job.

Okamochi: a startup probe that waits five minutes.

See: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/#startup-probe
"""

from okamochi.audit.cluster_objects import running
from okamochi.audit.health import before_it_kills
from okamochi.audit.migrating import migration_of
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.WARNING

# a migration that takes longer than that is no common one
ENOUGH_SECONDS = 300


def look(setup: Setup) -> Finds:
    for one, container in running(setup, "Deployment", "StatefulSet", "DaemonSet"):
        live = container.node.get("livenessProbe")
        migration = migration_of(container, setup)
        if not live or container.node.get("startupProbe") or one.patched("startupProbe") or not migration:
            continue
        seconds = before_it_kills(live)
        if seconds < ENOUGH_SECONDS:
            yield Found(
                path=one.path,
                line=container.node.key("livenessProbe").line,
                message=f"{container.name} runs {migration} before it listens, and is killed after "
                f"{seconds} s without an answer: in the middle of a migration",
                hint="startupProbe: the same question, periodSeconds: 5, failureThreshold: 60",
            )
