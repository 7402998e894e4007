"""A service waits for another one to end, and that is started again whenever it ends.

`condition: service_completed_successfully` is for a migration that runs once. With `restart: always` or
`unless-stopped` the engine starts it again at once: the migration runs over and over, and others may
wait for ever.

Fix: `restart: "no"` at the one that is to end, or `on-failure`.

Okamochi: the release process has `restart: "no"`.

See: https://docs.docker.com/reference/compose-file/services/#depends_on
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import dependencies, service_named, services

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in services(setup, desk=True):
        for one in dependencies(container):
            other = service_named(one.name, container, setup)
            if one.condition != "service_completed_successfully" or other is None:
                continue
            restart = other.node.get("restart")
            if restart.text in ("always", "unless-stopped"):
                yield Found(
                    path=other.path,
                    line=other.node.key("restart").line,
                    message=f"{container.name} waits for {other.name} to end, which starts again each time",
                    hint='restart: "no"',
                )
