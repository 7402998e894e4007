"""A service waits for another one to be healthy, and that has no health check.

Compose starts the other one, finds that it can never be healthy, and gives up: "dependency failed to
start: container … has no healthcheck configured" (measured with Compose 2.26). The first `up` on a new
machine ends there.

Fix: a `healthcheck` at the service that is waited for.

Okamochi: each service has a check.

See: https://docs.docker.com/reference/compose-file/services/#depends_on
"""

from okamochi.audit.containers import Container
from okamochi.audit.images import database_of, without_check
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import dependencies, named_beside, services

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in services(setup, desk=True):
        for one in dependencies(container):
            if one.condition != "service_healthy":
                continue
            others = named_beside(one.name, container, setup)
            if others and all(never_healthy(other) for other in others):
                kind = database_of(others[0].image)
                yield Found(
                    path=container.path,
                    line=one.line,
                    message=f"{one.name} has no health check, and {container.name} never starts",
                    hint=f"below {one.name}: healthcheck: {{test: {kind.check if kind else '[…]'}}}",
                )


def never_healthy(other: Container) -> bool:
    """Whether neither the file nor the image has a check; of images that are not known, nobody can tell."""
    check = other.node.get("healthcheck")
    if check:
        return check.get("disable").value is True
    if other.node.get("extends"):
        return False
    if other.stage is not None:
        return other.stage.last("HEALTHCHECK") is None and other.stage.image.startswith("python:")
    return not other.node.get("build") and without_check(other.image)
