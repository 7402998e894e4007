"""A port is asked for by a name or number that nothing has.

A Service whose `targetPort` is a name that no container of its pods gives has no port to send to; a probe by
such a name fails each time; an Ingress that names a port which its Service does not have answers 503. The
API takes all three.

Fix: the `name` of the container's port, or the number; in an Ingress, a port of the Service (80), not of the
container.

See: https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports
"""

from okamochi.audit.cluster_objects import ClusterObject, cluster_objects, selects
from okamochi.audit.health import PROBES
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.yaml_nodes import Node

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    objects = cluster_objects(setup)
    for one in objects:
        if one.pod:
            yield from of_probes(one)
        elif one.kind == "Service":
            yield from of_service(one, objects)
        elif one.kind == "Ingress":
            yield from of_ingress(one, objects)


def of_probes(one: ClusterObject) -> Finds:
    for container in one.pod.get("containers").items:
        names = port_names(container)
        for probe in PROBES:
            port = container.get(probe, "httpGet", "port") or container.get(probe, "tcpSocket", "port")
            if is_name(port) and port.text not in names:
                yield Found(
                    path=one.path,
                    line=port.line,
                    message=f"{probe} asks the port {port.text}, which {container.get('name').text} does not "
                    "name: it fails each time",
                    hint=f"its ports are {', '.join(names) or 'without names'}",
                )


def of_service(one: ClusterObject, objects: tuple[ClusterObject, ...]) -> Finds:
    pods = [other for other in objects if other.pod and selects(one, other)]
    names = [name for other in pods for c in other.pod.get("containers").items for name in port_names(c)]
    for port in one.root.get("spec", "ports").items:
        target = port.get("targetPort")
        if pods and is_name(target) and target.text not in names:
            yield Found(
                path=one.path,
                line=target.line,
                message=f"no container behind Service {one.name} names a port {target.text}: nothing answers",
                hint=f"their ports are {', '.join(names) or 'without names'}",
            )


def of_ingress(one: ClusterObject, objects: tuple[ClusterObject, ...]) -> Finds:
    for node in one.root.walk():
        name = node.get("service", "name").text or node.get("serviceName").text
        port = node.get("service", "port") or node.get("servicePort")
        asked = port.get("number") or port.get("name") or port
        services = [other for other in objects if (other.kind, other.name) == ("Service", name)]
        if not name or asked.kind != "scalar" or len(services) != 1:
            continue
        ports = services[0].root.get("spec", "ports").items
        there = {text for one in ports for text in (one.get("port").text, one.get("name").text) if text}
        if there and asked.text not in there:
            yield Found(
                path=one.path,
                line=asked.line,
                message=f"Service {name} has no port {asked.text}: the Ingress answers 503",
                hint=f"its ports are {', '.join(sorted(there))}",
            )


def port_names(container: Node) -> tuple[str, ...]:
    return tuple(one.get("name").text for one in container.get("ports").items if one.get("name"))


def is_name(port: Node) -> bool:
    return port.kind == "scalar" and not port.text.isdecimal() and "$" not in port.text
