"""Compose kills the server before it has let its requests end.

gunicorn gives requests under way 30 s after SIGTERM (`--graceful-timeout`); Compose kills after 10 s
(`stop_grace_period`). A request that takes 15 s is lost with each deployment; measured: gunicorn 27.0.1
left 14 s after SIGTERM, when its request had ended. A Celery worker ends the tasks under way first,
however long they take.

Fix: `stop_grace_period: 35s`, a little longer than the server's own; or a shorter `--graceful-timeout`.

Okamochi: the server stops within 25 s, the engine kills after 35 s.

See: https://docs.docker.com/reference/compose-file/services/#stop_grace_period
"""

from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.gunicorn_files import graceful_seconds
from okamochi.audit.health import seconds_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers

SEVERITY = Severity.NOTE
BY_DEFAULT = 10.0


def look(setup: Setup) -> Finds:
    for container in setup.production:
        if container.kind is not ContainerKind.COMPOSE:
            continue
        said = container.node.get("stop_grace_period")
        grace = seconds_of(said.text) if said else BY_DEFAULT
        if not said and is_worker(container):
            yield Found(
                path=container.path,
                line=container.line,
                message=f"{container.name} is killed {BY_DEFAULT:g} s after SIGTERM: a task that takes "
                "longer is lost, or begun again from its start",
                hint="stop_grace_period: as long as the longest task",
            )
        server = graceful_seconds(container, setup)
        if grace is not None and server is not None and server > grace:
            yield Found(
                path=container.path,
                line=container.node.key("stop_grace_period").line or container.line,
                message=f"{container.name} is killed {grace:g} s after SIGTERM, and gunicorn gives its "
                f"requests {server} s: longer ones are lost",
                hint=f"stop_grace_period: {server + 5}s",
            )


def is_worker(container: Container) -> bool:
    """Whether Celery's worker stops in peace there: it ends its tasks first."""
    return any(one.name == "celery" and "worker" in one.words for one in servers(container))
