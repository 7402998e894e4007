"""Every pod migrates the database when it starts.

With several replicas, or while a rollout has old and new pods, several migrations run at once. Neither
Alembic nor Django locks: both see the same version, both run the same statements; one fails with "already
exists" and its pod restarts, or, with data migrations, both change the data.

Fix: a Job that runs before the rollout; or a lock in the database around the command (okamochi's
`migrate.py` takes an advisory one).

Okamochi: an init container migrates under a lock in the database: one does it, the others wait.

See: https://github.com/sqlalchemy/alembic/issues/633
"""

from okamochi.audit.cluster_objects import containers_of, most_replicas, workloads
from okamochi.audit.migrating import migration_of
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for one in workloads(setup, "Deployment", "StatefulSet"):
        replicas, _ = most_replicas(one, setup)
        for container in containers_of(one, setup) if replicas > 1 else ():
            migration = migration_of(container, setup)
            if migration:
                command = container.command
                yield Found(
                    path=command.path if command.path == one.path else one.path,
                    line=command.line if command.path == one.path else container.line,
                    message=f"each of {replicas} pods runs {migration} when it starts, at the same time: it "
                    "takes no lock",
                    hint="a Job that runs before the rollout",
                )
