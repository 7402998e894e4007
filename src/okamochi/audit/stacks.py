"""Which Compose files are for docker stack deploy, and which are not."""

import posixpath
from collections.abc import Iterator

from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.setup import Document, Setup, asked_once
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.system.patterns import regex

__all__ = ["of_swarm_alone", "stack_services", "stacks"]

STACK_NAME = regex(r"(?:docker-)?(?:compose[._-])?(?:stack|swarm)\b.*|.*[._-](?:stack|swarm)\.ya?ml")
DEPLOYS = regex(r"docker\s+stack\s+(?:deploy|up)\b[^\n&|;]*")
FILE_OF = regex(r"(?:-c|--compose-file)[\s=]+([\w./-]+\.ya?ml)")
TOLD_IN = (".md", ".rst", ".sh", ".yml", ".yaml", "Makefile", ".txt", "justfile")
ONLY_SWARM = ("update_config", "rollback_config", "placement", "endpoint_mode")
MODES = ("global", "replicated-job", "global-job")


@asked_once
def stacks(setup: Setup) -> tuple[Document, ...]:
    """Those that are not for developers."""
    told = told_paths(setup)
    return tuple(one for one in setup.composes if not one.desk and is_stack(one, told))


def is_stack(document: Document, told: frozenset[str]) -> bool:
    """Its name or its folder says so, or a command of the project's pages and scripts names it; or it has
    keys that Swarm alone reads, and every service an image."""
    name = posixpath.basename(document.path)
    if (
        document.path in told
        or STACK_NAME.fullmatch(name) is not None
        or "swarm" in document.path.split("/")[:-1]
    ):
        return True
    services = [service for _, service in document.root.get("services").pairs]
    if any(service.get("build") or not service.get("image") for service in services):
        return False
    overlay = any(one.get("driver").text == "overlay" for _, one in document.root.get("networks").pairs)
    return overlay or any(key for service in services for key in of_swarm_alone(service))


def of_swarm_alone(service: Node) -> Iterator[Node]:
    """Keys of `deploy` that nothing else reads."""
    deploy = service.get("deploy")
    for name in ONLY_SWARM:
        if deploy.get(name):
            yield deploy.key(name)
    if deploy.get("mode").text in MODES:
        yield deploy.key("mode")


def told_paths(setup: Setup) -> frozenset[str]:
    """Files after -c in a `docker stack deploy` of the project: from the folder of the page or script that
    says it, else from the project's."""
    there = {one.path for one in setup.composes}
    found = set[str]()
    for path in setup.project.files():
        for command in DEPLOYS.findall(setup.project.read_text(path) or "") if path.endswith(TOLD_IN) else ():
            for name in FILE_OF.findall(command):
                places = (posixpath.join(posixpath.dirname(path), name), name)
                found.update([place for place in map(posixpath.normpath, places) if place in there][:1])
    return frozenset(found)


@asked_once
def stack_services(setup: Setup) -> tuple[tuple[Document, Container], ...]:
    """Each with the file that it stands in."""
    return tuple(
        (document, container)
        for document in stacks(setup)
        for _, node in document.root.get("services").pairs
        for container in setup.of_kind(ContainerKind.COMPOSE)
        if container.node is node
    )
