"""What a Compose service says beside its command: mounts, ports, how many, what it waits for."""

import posixpath
from collections.abc import Iterator

import msgspec

from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.interpolation import known_to_compose, resolved
from okamochi.audit.setup import Setup
from okamochi.audit.stacks import stacks
from okamochi.containerfiles.dockerfile import Stage
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.system.patterns import regex

__all__ = [
    "Mount",
    "Published",
    "beside",
    "dependencies",
    "in_a_stack",
    "is_for_swarm",
    "merged",
    "mounts",
    "named_beside",
    "published",
    "replicas",
    "service_named",
    "services",
    "workdir",
]

# below deploy
OF_SWARM = ("update_config", "rollback_config", "restart_policy", "placement", "endpoint_mode", "mode")
PORT = regex(
    r"(?:(?P<ip>\d+(?:\.\d+){3}|\[[\da-f:]*\]):)?(?:(?P<host>\d*(?:-\d+)?):)?(?P<target>\d+)(?:/(?P<kind>tcp|udp))?"
)


class Mount(msgspec.Struct, frozen=True):
    """`kind` is bind, volume, tmpfs or anonymous (a volume without a name); `source` as it is written."""

    kind: str
    source: str
    target: str
    line: int


class Published(msgspec.Struct, frozen=True):
    """`host` is 0 where the engine chooses; `ip` "" for all interfaces."""

    ip: str
    host: int
    target: int
    line: int

    @property
    def everywhere(self) -> bool:
        return not self.ip.strip("[]").startswith(("127.", "::1"))


class Dependency(msgspec.Struct, frozen=True):
    """`condition` is service_started for the short form."""

    name: str
    condition: str
    line: int


def services(setup: Setup, *, desk: bool = False) -> tuple[Container, ...]:
    """Of Compose files, those of others as well; with `desk` those for developers too."""
    return tuple(one for one in setup.of_kind(ContainerKind.COMPOSE) if desk or not one.desk)


def beside(setup: Setup, container: Container) -> tuple[Container, ...]:
    """All services of its file and of those in the same folder, which Compose may merge with it."""
    return setup.by_folder.get(posixpath.dirname(container.path), ())


def named_beside(name: str, container: Container, setup: Setup) -> tuple[Container, ...]:
    """Services of that name in its file and in those that Compose may merge with it."""
    return setup.by_name.get((posixpath.dirname(container.path), name), ())


def merged(container: Container, setup: Setup) -> tuple[Container, ...]:
    """What all files say of a service, itself included."""
    return named_beside(container.name, container, setup)


def service_named(name: str, container: Container, setup: Setup) -> Container | None:
    """The service that a container reaches by that name: of its own file, else of those it is merged with."""
    found = named_beside(name, container, setup)
    return next((one for one in found if one.path == container.path), found[-1] if found else None)


def mounts(container: Container, setup: Setup) -> Iterator[Mount]:
    """What cannot be told, because a variable is unknown, is left out."""
    known = known_to_compose(setup, container.path)
    for node in container.node.get("volumes").items:
        if node.kind == "mapping":
            source, target = (resolved(node.get(key).text, known) for key in ("source", "target"))
            kind = node.get("type").text
            if source is not None and target:
                yield Mount(kind if source or kind != "volume" else "anonymous", source, target, node.line)
            continue
        text = resolved(node.text, known)
        if text:
            yield short_mount(text, node)


def short_mount(text: str, node: Node) -> Mount:
    source, colon, rest = text.partition(":")
    if not colon:
        return Mount("anonymous", "", text, node.line)
    target = rest.partition(":")[0]
    return Mount("bind" if source.startswith((".", "/", "~")) else "volume", source, target, node.line)


def published(container: Container, setup: Setup) -> Iterator[Published]:
    """Each port by itself; ranges, udp and what variables decide are left out."""
    known = known_to_compose(setup, container.path)
    for node in container.node.get("ports").items:
        if node.kind == "mapping":
            texts = [resolved(node.get(key).text, known) for key in ("host_ip", "published", "target")]
            ip, host, target = (text or "" for text in texts)
            if None not in texts and target.isdecimal() and (host or "0").isdecimal():
                yield Published(ip, int(host or 0), int(target), node.line)
            continue
        text = resolved(node.text, known)
        found = PORT.fullmatch(text) if text else None
        if found is not None and found["kind"] != "udp" and "-" not in (found["host"] or ""):
            yield Published(found["ip"] or "", int(found["host"] or 0), int(found["target"]), node.line)


def replicas(container: Container, setup: Setup) -> int:
    """How many of it are started: `deploy.replicas`, else `scale`; 1 where the file does not say."""
    known = known_to_compose(setup, container.path)
    for node in (container.node.get("deploy", "replicas"), container.node.get("scale")):
        text = resolved(node.text, known) if node else None
        if text and text.isdecimal():
            return int(text)
    return 1


def dependencies(container: Container) -> Iterator[Dependency]:
    node = container.node.get("depends_on")
    for one in node.items:
        yield Dependency(one.text, "service_started", one.line)
    for key, value in node.pairs:
        yield Dependency(key.text, value.get("condition").text or "service_started", key.line)


def is_for_swarm(path: str, root: Node) -> bool:
    """Whether a file is one for `docker stack deploy`, by its name or by what only Swarm heeds."""
    deploys = [service.get("deploy") for _, service in root.get("services").pairs]
    named = "stack" in path or "swarm" in path
    return named or any(one.get(key) for one in deploys for key in OF_SWARM)


def in_a_stack(container: Container, setup: Setup) -> bool:
    """Whether its file is one for Swarm."""
    roots = (file.root for file in setup.composes if file.path == container.path)
    named = container.path in {file.path for file in stacks(setup)}
    return named or any(is_for_swarm(posixpath.basename(container.path), root) for root in roots)


def workdir(stage: Stage | None) -> str:
    """Where the image's WORKDIR leads; "" where it says nothing, or by a variable."""
    found = ""
    for one in stage.all("WORKDIR") if stage is not None else ():
        found = posixpath.normpath(posixpath.join(found or "/", one.rest.strip("\"'")))
    return "" if "$" in found else found
