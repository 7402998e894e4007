"""A port of the manifest is not the one on which the server listens.

`containerPort` opens nothing, it is a note. What counts is where the server listens: gunicorn's `--bind`,
`--port` of uvicorn, the variable that either reads. A probe that asks another port fails each time and the
container is restarted for ever; a Service with another `targetPort` gets its connections refused.

Fix: one number, in the command, the container's port, the probes and the Service; or a name for the port, and
that name elsewhere.

Okamochi: one number in the plan, by the name `http`.

See: https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports
"""

from collections.abc import Iterator

from okamochi.audit.addresses import listening_ports
from okamochi.audit.cluster_objects import (
    ClusterObject,
    cluster_objects,
    containers_of,
    services_before,
    workloads,
)
from okamochi.audit.containers import Container
from okamochi.audit.health import PROBES
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.model.evidence import Evidence

SEVERITY = Severity.ERROR
Place = tuple[str, int, str, int]


def look(setup: Setup) -> Finds:
    """One finding for a container: all its places that are wrong have one cause."""
    objects = cluster_objects(setup)
    for one in workloads(setup):
        served = [container for container in containers_of(one, setup) if is_main(container, one)]
        for container in served:
            ports = listening_ports(container, setup) if container.own else None
            if ports is None:
                continue
            places = [*of_container(container), *of_services(one, objects)]
            if len(one.pod.get("containers").items) > 1:
                places = list(of_probes(container))
            wrong = [place for place in places if place[3] not in ports]
            if wrong:
                yield found(container, sorted(ports), wrong)


def is_main(container: Container, one: ClusterObject) -> bool:
    return any(node is container.node for node in one.pod.get("containers").items)


def of_container(container: Container) -> Iterator[Place]:
    """The only port that it names, and what its probes ask."""
    ports = container.node.get("ports").items
    if len(ports) == 1:
        number = ports[0].get("containerPort")
        if number.text.isdecimal():
            yield container.path, number.line, "containerPort", int(number.text)
    yield from of_probes(container)


def of_probes(container: Container) -> Iterator[Place]:
    for name in PROBES:
        probe = container.node.get(name)
        port = probe.get("httpGet", "port") or probe.get("tcpSocket", "port")
        if port.text.isdecimal():
            yield container.path, port.line, name, int(port.text)


def of_services(one: ClusterObject, objects: tuple[ClusterObject, ...]) -> Iterator[Place]:
    """Those with one port, in front of these pods alone."""
    for service in services_before(one, objects):
        ports = service.root.get("spec", "ports").items
        if len(ports) != 1:
            continue
        target: Node = ports[0].get("targetPort") or ports[0].get("port")
        if target.text.isdecimal():
            yield service.path, target.line, f"Service {service.name}", int(target.text)


def found(container: Container, ports: list[int], wrong: list[Place]) -> Found:
    path, line, what, number = wrong[0]
    command = container.command
    served = " and ".join(map(str, ports))
    others = ", ".join(f"{one[2]} (line {one[1]})" for one in wrong[1:])
    return Found(
        path=path,
        line=line,
        message=f"{what} says {number}, and the server of {container.name} listens on {served}",
        hint=f"{served} here" + (f", and at {others}" if others else ""),
        also=(
            Evidence(path=command.path, line=command.line, reason="the server's command"),
            *(Evidence(path=one[0], line=one[1], reason=one[2]) for one in wrong[1:]),
        ),
    )
