"""The container that migrates ends the task when it is done.

A container is essential unless it says otherwise, and when an essential one stops, all others of the task are
stopped, however well it went. The service starts the task again, and again.

Fix: `"essential": false` for it, and `"dependsOn": [{"containerName": …, "condition": "SUCCESS"}]` for the
others; with more than one task of the service, a task of its own (RunTask) before the deployment.

Okamochi: migrations are a container with `essential: false`, for which the app waits with SUCCESS.

See: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
"""

from okamochi.audit.migrating import migration_in
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers
from okamochi.audit.tasks import is_essential, tasks

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for task in tasks(setup):
        for container in task.containers if len(task.containers) > 1 else ():
            migration = migration_in(container.command.line_text)
            only = all(one.name in ("flask", "manage.py", "django-admin") for one in servers(container))
            if migration and only and is_essential(container):
                yield Found(
                    path=task.path,
                    line=container.node.key("essential").line or container.line,
                    message=f"{container.name} ends after {migration}, and it is essential: all containers "
                    "of the task are stopped then",
                    hint='"essential": false, and dependsOn with SUCCESS for the others',
                )
