"""Every task migrates the database when it starts.

With several replicas, and with `order: start-first` in each update, several migrations run at once. Neither
Alembic nor Django locks: one fails with "already exists", or both change the data.

Fix: a service of its own with `deploy: {mode: replicated-job}`, or the command by hand before the update; or
a lock in the database around it.

Okamochi: migrations are a job, run at each deploy under a lock in the database.

See: https://github.com/sqlalchemy/alembic/issues/633
"""

from okamochi.audit.migrating import migration_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.stacks import stack_services

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for document, container in stack_services(setup):
        deploy = container.node.get("deploy")
        replicas = deploy.get("replicas").value
        several = deploy.get("mode").text == "global" or (isinstance(replicas, int) and replicas > 1)
        migration = migration_of(container, setup)
        if several and migration:
            command = container.command
            here = command.path == document.path
            yield Found(
                path=document.path,
                line=command.line if here else container.line,
                message=f"each task of {container.name} runs {migration} when it starts, at the same time: "
                "it takes no lock",
                hint="a service of its own with deploy: {mode: replicated-job}",
            )
