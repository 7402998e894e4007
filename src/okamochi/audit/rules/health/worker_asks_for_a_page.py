"""A worker inherits the health check of the web server, and is unhealthy for ever.

A service that is built from the same stage has the image's HEALTHCHECK as well. A Celery or RQ worker
listens on no port: the check asks and gets "connection refused" each time. What waits for it never
starts, and whoever looks at `docker ps` learns to overlook "unhealthy".

Fix: `healthcheck: {disable: true}` for that service, or a check of its own (`celery -A tasks inspect
ping -d celery@$$HOSTNAME` costs some seconds of CPU each time).

Okamochi: a worker's check looks at its heartbeat, not at a port.

See: https://docs.docker.com/reference/compose-file/services/#healthcheck
"""

from okamochi.audit.addresses import addresses
from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR
ASKS_A_PAGE = regex(r"https?://|\bcurl\b|\bwget\b|\bnc\b")


def look(setup: Setup) -> Finds:
    for container in setup.of_kind(ContainerKind.COMPOSE):
        stage = container.stage
        check = stage.last("HEALTHCHECK") if stage is not None else None
        if container.desk or check is None or not ASKS_A_PAGE.search(check.rest):
            continue
        if container.node.get("healthcheck") or not is_worker(container) or addresses(container, setup):
            continue
        yield Found(
            path=container.path,
            line=container.line,
            message=f"{container.name} has the image's health check, which asks a page, and no server: it is "
            "never healthy",
            hint="healthcheck: {disable: true}, or a check of its own",
            also=(Evidence(path=container.stage_path, line=check.line, reason="HEALTHCHECK"),),
        )


def is_worker(container: Container) -> bool:
    running = {"celery": ("worker", "beat"), "rq": ("worker", "scheduler")}
    found = servers(container)
    return bool(found) and all(any(word in one.words for word in running.get(one.name, ())) for one in found)
