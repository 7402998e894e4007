"""A service waits until its database has been started, not until it answers.

`depends_on: [db]` waits for the container, and a fresh Postgres or MySQL needs seconds, on its first
start many, before it takes a connection. An app or a migration that connects at its start fails then;
with luck it is restarted until it works.

Fix: `condition: service_healthy`, and a health check at the database. Services that wait by themselves
(wait-for-it, pg_isready in their entry point) are left alone, and so are those that say `condition:
service_started`, and caches, which are there at once.

Okamochi: each service has a check, and web waits until they are healthy.

See: https://docs.docker.com/compose/how-tos/startup-order/
"""

import re

from okamochi.audit.containers import Container
from okamochi.audit.images import database_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import dependencies, in_a_stack, merged, named_beside, services
from okamochi.audit.started import started_text
from okamochi.model.service_images import ServiceImage

SEVERITY = Severity.WARNING
WAITS = re.compile(
    r"wait|pg_isready|mysqladmin|\bnc\b|netcat|/dev/tcp|\buntil\b|\bwhile\b|\bsleep\b|dockerize|retry|prestart"
)


def look(setup: Setup) -> Finds:
    for container in services(setup):
        if not container.own or WAITS.search(started_text(container, setup)):
            continue
        if container.node.get("depends_on").kind == "mapping":
            continue  # somebody decided what to wait for
        if in_a_stack(container, setup):
            continue  # Swarm does not wait at all
        waits_elsewhere = {
            one.name
            for same in merged(container, setup)
            for one in dependencies(same)
            if one.condition == "service_healthy"
        }
        for one in dependencies(container):
            other = next(iter(named_beside(one.name, container, setup)[-1:]), None)
            kind = database_of(other.image) if other is not None else None
            if other is None or kind is None or one.name in waits_elsewhere:
                continue
            yield Found(
                path=container.path,
                line=one.line,
                message=f"it starts as soon as {one.name} was started, seconds before "
                f"{kind.title} takes connections",
                hint=hint(one.name, other, kind),
            )


def hint(name: str, other: Container, kind: ServiceImage) -> str:
    wait = f"{name}: {{condition: service_healthy}}"
    if other.node.get("healthcheck"):
        return wait
    return f"{wait}, and below {name} healthcheck: {{test: {kind.check}}}"
