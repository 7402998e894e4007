"""An update is to be taken back when it fails, and nothing tells that it has.

Without a health check a task counts as running as soon as its process exists. A release that answers
500, or ends after the time of `monitor` (5 s if nothing is said), is a success for Swarm: the old tasks
are gone. With a check a task counts only when it is healthy, and one that never becomes so takes the
update back, whatever `monitor` says (source of swarmkit's updater).

Fix: `healthcheck` in the service, or HEALTHCHECK in the image.

Okamochi: each task has a check.

See: https://docs.docker.com/reference/compose-file/deploy/#update_config
"""

from okamochi.audit.compose_containers import is_backing_image
from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.stacks import stack_services

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for document, container in stack_services(setup):
        action = container.node.get("deploy", "update_config", "failure_action")
        if action.text not in ("rollback", "pause") or is_backing_image(container.image):
            continue
        if has_none(container, setup):
            yield Found(
                path=document.path,
                line=action.line,
                message=f"{container.name} has no health check: a release that answers 500 counts as a "
                f"success, and failure_action: {action.text} never comes",
                hint="healthcheck: {test: [CMD, python, -c, …], start_period: 60s}",
            )


def has_none(container: Container, setup: Setup) -> bool:
    """Neither in the file nor in an image of the project; an image that is not in sight may have one."""
    if container.node.get("healthcheck"):
        return container.node.get("healthcheck", "disable").value is True
    images = [one.stage for one in setup.of_kind(ContainerKind.IMAGE) if not one.desk]
    stages = [container.stage] if container.stage is not None else images
    return bool(stages) and not any(stage and stage.last("HEALTHCHECK") for stage in stages)
