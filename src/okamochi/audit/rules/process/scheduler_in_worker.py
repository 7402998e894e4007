"""Celery's scheduler runs inside of a worker.

`celery worker -B` starts beat with the worker. With a second worker, or a deployment that overlaps for a
moment, each periodic task is sent twice. Celery's own documentation says that it is not meant for
production.

Fix: a service of its own with one replica: `celery -A tasks beat`.

Okamochi: a scheduler is a process of its own, one at most.

See: https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html#starting-the-scheduler
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for container in setup.production:
        for server in servers(container):
            if server.name == "celery" and "worker" in server.words and server.option("beat") is not None:
                yield Found(
                    path=server.path,
                    line=server.line,
                    message="the worker brings its own scheduler: with a second worker each periodic "
                    "task is sent twice",
                    hint="celery beat in a service of its own, with one replica",
                )
