"""A new task is to start before the old one ends, and cannot, or must not.

With a port of the host (`mode: host`) the new task finds it taken and stays pending for ever ("host-mode
port already in use"). With a database's volume two servers write to the same files.

Fix: `order: stop-first` for such a service.

Okamochi: start-first where the app allows it; a web with a volume, or its sessions in memory, stops first.

See: https://docs.docker.com/reference/compose-file/deploy/#update_config
"""

from okamochi.audit.compose_containers import is_backing_image
from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.stacks import stack_services
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR

# these write files that one process owns
DATABASE = regex(
    r"(?:[\w.-]+(?::\d+)?/)*(?:postgres|postgis|pgvector|timescaledb|mysql|mariadb|percona|redis|valkey|keydb|mongo|rabbitmq"
    r"|elasticsearch|opensearch|influxdb|clickhouse|neo4j|mssql)[\w-]*(?::.*)?"
)


def look(setup: Setup) -> Finds:
    for document, container in stack_services(setup):
        order = container.node.get("deploy", "update_config", "order")
        why = conflict(container) if order.text == "start-first" else ""
        if why:
            yield Found(
                path=document.path,
                line=order.line,
                message=f"the new task of {container.name} starts before the old one ends, and {why}",
                hint="order: stop-first",
            )


def conflict(container: Container) -> str:
    """What both want; "" for nothing."""
    if any(
        port.get("mode").text == "host" and port.get("published")
        for port in container.node.get("ports").items
    ):
        return "the port of the host is taken: it never starts"
    writes = any(map(is_named_volume, container.node.get("volumes").items))
    return "both write to the same volume" if writes and is_database(container.image) else ""


def is_database(image: str) -> bool:
    return is_backing_image(image) and DATABASE.fullmatch(image) is not None


def is_named_volume(volume: Node) -> bool:
    if volume.kind == "mapping":
        return volume.get("type").text in ("volume", "bind") and bool(volume.get("source"))
    return ":" in volume.text
