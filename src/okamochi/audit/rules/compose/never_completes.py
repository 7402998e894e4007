"""A service waits for another one to end, and that is started again whenever it ends.

`condition: service_completed_successfully` is for a migration that runs once. With `restart: always` or
`unless-stopped` the engine starts it again at once: the migration runs over and over, and others may
wait for ever.

Fix: `restart: "no"` at the one that is to end, or `on-failure`.

Okamochi: the release process has `restart: "no"`.

See: https://docs.docker.com/reference/compose-file/services/#depends_on
"""

from collections.abc import Iterator

from okamochi.audit.rule import Found, Rule
from okamochi.audit.services import dependencies, service_named, services
from okamochi.audit.setup import Setup
from okamochi.model.finding import Severity

__all__ = ["RULE"]


def look(setup: Setup) -> Iterator[Found]:
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


RULE = Rule("compose/never-completes", Severity.ERROR, look, __doc__ or "")
