"""gunicorn has one worker with one thread: it answers one request at a time.

That is what gunicorn starts with when nothing says otherwise. One page that waits for a database or another
site holds up all visitors, and the health check too, so that the container counts as sick while it works.
Where options stand in a Compose file alone, the image has none of them anywhere else: on ECS, on Kubernetes,
with `docker run`.

Fix: `--threads 4` or more in the image's own command, and `--workers`, or WEB_CONCURRENCY from outside; or a
gunicorn.conf.py in the image.

Okamochi: workers by the container's CPU and memory, four threads each, told by a file in the image.

See: https://docs.gunicorn.org/en/stable/design.html#how-many-workers
"""

from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import Server, config_path, gunicorn_setting, keeps_running, servers

SEVERITY = Severity.NOTE
ENOUGH = ("workers", "threads", "worker-class")


def look(setup: Setup) -> Finds:
    """Once for each command."""
    seen = set[tuple[str, int]]()
    for container in setup.production:
        for server in servers(container):
            place = (server.path, server.line)
            if server.name != "gunicorn" or place in seen or not keeps_running(server):
                continue
            if is_single(server, setup) and not is_told(container, setup):
                seen.add(place)
                yield Found(
                    path=server.path,
                    line=server.line,
                    message="gunicorn has one worker and one thread: a slow request holds up all others, "
                    "the health check too",
                    hint="--threads 4 here, and WEB_CONCURRENCY or --workers",
                )


def is_single(server: Server, setup: Setup) -> bool:
    """Whether neither the command nor a variable nor a file says more; a file that cannot be seen may."""
    if server.option("config") is not None and not config_path(server, setup):
        return False
    return all(gunicorn_setting(server, one, setup) is None for one in ENOUGH)


def is_told(container: Container, setup: Setup) -> bool:
    """Whether somebody gives this container, or another one of its image, the number from outside."""
    return any(
        one.variable(name) is not None
        for one in (container, *setup.containers)
        if one is container or (one.stage is not None and one.stage_path == container.stage_path)
        for name in ("WEB_CONCURRENCY", "GUNICORN_CMD_ARGS")
    )
