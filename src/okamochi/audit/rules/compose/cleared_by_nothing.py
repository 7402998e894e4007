"""A file that is merged over another one tries to take something away with an empty list.

Compose merges lists of ports, volumes and variables by adding: `ports: []` adds nothing, and what the first
file publishes or mounts stays (measured with Compose 2.26: the port is still there).

Fix: `ports: !reset []` takes it away, `ports: !override` replaces it (Compose 2.24.4 and newer); or keep in
the first file only what all have in common.

Okamochi: compose.dev.yaml replaces values, and takes none away.

See: https://docs.docker.com/reference/compose-file/merge/#reset-value
"""

import posixpath

from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import beside, services
from okamochi.containerfiles.compose_forms import COMPOSE_NAMES

SEVERITY = Severity.ERROR
ADDED = ("ports", "volumes", "environment", "env_file", "depends_on", "networks", "labels", "secrets")


def look(setup: Setup) -> Finds:
    for container in services(setup, desk=True):
        if posixpath.basename(container.path) in COMPOSE_NAMES or stands_alone(container):
            continue
        below = next(
            (
                one
                for one in beside(setup, container)
                if posixpath.basename(one.path) in COMPOSE_NAMES and one.name == container.name
            ),
            None,
        )
        for name in ADDED if below is not None else ():
            key, value = container.node.key(name), container.node.get(name)
            is_empty = bool(key) and not value.items and not value.pairs and not value.text
            tagged = "!" in setup.file(container.path).line(key.line)
            if below is not None and is_empty and not tagged and (there := below.node.key(name)):
                yield Found(
                    path=container.path,
                    line=key.line,
                    message=f"empty {name} take nothing away: those of {below.path}, line {there.line}, stay",
                    hint=f"{name}: !reset []",
                )


def stands_alone(container: Container) -> bool:
    """Whether its file says where the image comes from, so that it may well be used by itself."""
    described = container.node.get("build") or container.node.get("image")
    return bool(described) and "override" not in container.path
