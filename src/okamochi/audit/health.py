"""Health checks as files describe them: what they start, where they ask."""

import re
from collections.abc import Iterator
from dataclasses import replace

import msgspec

from okamochi.audit.commands import Command, command_of_instruction, command_of_node
from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.setup import Setup
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.system.patterns import regex

__all__ = ["PROBES", "HealthCheck", "before_it_kills", "endurance", "health_checks", "question", "seconds_of"]

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
ADDRESS = regex(
    r"(?:https?://)(?P<host>[\w.-]+|\[[\da-f:]+\])(?::(?P<port>\d+|\$\{?\w+(?::?-(?P<default>\d+))?\}?))?(?P<path>/[^\s\"'<>|;&)]*)?"
)
DURATION = regex(
    r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?"
)


class HealthCheck(msgspec.Struct, frozen=True):
    """`command` is what is started in the container; `off` that the file switches the image's check off.
    Durations are in seconds, None where the file does not say."""

    container: Container
    command: Command
    off: bool = False
    interval_seconds: float | None = None
    timeout_seconds: float | None = None
    start_period_seconds: float | None = None

    @property
    def path(self) -> str:
        return self.command.path

    @property
    def line(self) -> int:
        return self.command.line

    @property
    def address(self) -> re.Match[str] | None:
        """Of the first address that it asks: groups host, port, path."""
        return ADDRESS.search(self.command.line_text)


def health_checks(setup: Setup) -> Iterator[HealthCheck]:
    """Of all containers that have one of their own; each of a Dockerfile once."""
    for container in setup.containers:
        match container.kind:
            case ContainerKind.IMAGE:
                yield from of_stage(container)
            case ContainerKind.COMPOSE | ContainerKind.ECS:
                yield from of_node(container)
            case ContainerKind.KUBERNETES:
                yield from of_probes(container)


def of_stage(container: Container) -> Iterator[HealthCheck]:
    one = container.stage.last("HEALTHCHECK") if container.stage is not None else None
    if one is None:
        return
    flags = dict(one.flags)
    rest = one.without_flags
    if rest.strip().upper() == "NONE":
        yield HealthCheck(container, Command(container.stage_path, one.line, one.end), off=True)
        return
    rest = re.sub(r"^CMD\s+", "", rest.strip())
    asked = command_of_instruction(container.stage_path, replace(one, rest=rest))
    yield HealthCheck(
        container,
        asked,
        interval_seconds=seconds_of(flags.get("interval", "")),
        timeout_seconds=seconds_of(flags.get("timeout", "")),
        start_period_seconds=seconds_of(flags.get("start-period", "")),
    )


def of_node(container: Container) -> Iterator[HealthCheck]:
    """Compose's and ECS's: CMD with words, CMD-SHELL or a text with a shell."""
    node = container.node.get("healthcheck") or container.node.get("healthCheck")
    test = node.get("test") or node.get("command")
    off = (
        node.get("disable").value is True
        or test.text == "NONE"
        or [one.text for one in test.items] == ["NONE"]
    )
    if not test and not off:
        return
    path, words = container.path, tuple(one.text for one in test.items)
    place = (path, (test or node).line, (test or node).end)
    if words[:1] == ("CMD",):
        command = Command(*place, argv=words[1:])
    elif words[:1] == ("CMD-SHELL",):
        command = Command(*place, text=" ".join(words[1:]), interpreter="sh")
    else:
        command = Command(*place, text=test.text, interpreter="sh")
    ecs = container.kind is ContainerKind.ECS
    period = node.get("start_period") or node.get("startPeriod")
    yield HealthCheck(
        container,
        command,
        off=off,
        interval_seconds=seconds_of(node.get("interval").text, bare=ecs),
        timeout_seconds=seconds_of(node.get("timeout").text, bare=ecs),
        start_period_seconds=seconds_of(period.text, bare=ecs),
    )


def of_probes(container: Container) -> Iterator[HealthCheck]:
    """Kubernetes' probes that start a program; those that ask by HTTP need nothing in the image."""
    for name in PROBES:
        probe = container.node.get(name)
        started = probe.get("exec", "command")
        if started:
            yield HealthCheck(
                container,
                command_of_node(container.path, started),
                interval_seconds=seconds_of(probe.get("periodSeconds").text, bare=True),
                timeout_seconds=seconds_of(probe.get("timeoutSeconds").text, bare=True),
                start_period_seconds=seconds_of(probe.get("initialDelaySeconds").text, bare=True),
            )


def seconds_of(text: str, *, bare: bool = False) -> float | None:
    """Of "1m30s", as Docker and Compose write it; with `bare` a number alone is seconds. None for anything
    else."""
    if bare and re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    found = DURATION.fullmatch(text) if text else None
    if found is None:
        return None
    hours, minutes, seconds, thousandths = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def question(probe: Node) -> object:
    """What is asked, to be compared with that of another; None where the probe does not say."""
    for kind in ("httpGet", "exec", "tcpSocket", "grpc"):
        asked = probe.get(kind)
        if asked:
            return (kind, asked.plain())
    return None


def number(probe: Node, key: str, default: int) -> int:
    value = probe.get(key).value
    return value if isinstance(value, int) else default


def endurance(probe: Node) -> int:
    """Seconds of failure that a probe takes; with Kubernetes' defaults 3 times 10."""
    return number(probe, "periodSeconds", 10) * number(probe, "failureThreshold", 3)


def before_it_kills(liveness: Node) -> int:
    """Seconds after which a container that does not listen yet is killed."""
    return number(liveness, "initialDelaySeconds", 0) + endurance(liveness)
