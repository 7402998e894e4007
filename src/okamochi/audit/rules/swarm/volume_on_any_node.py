"""A database may start on another node, without its data.

A volume is on the node where it was made. When the task moves (the node is drained, or is away for a minute),
the new one gets an empty volume there, and the database begins anew.

Fix: `deploy.placement.constraints: ["node.labels.data == true"]` and that label for one node; or a volume
driver that all nodes share.

Okamochi: what has a volume is placed by a label.

See: https://docs.docker.com/engine/swarm/services/#give-a-service-access-to-volumes-or-bind-mounts
"""

from okamochi.audit.compose_containers import is_backing_image
from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.rules.swarm.start_first import DATABASE
from okamochi.audit.setup import Document, Setup
from okamochi.audit.stacks import stack_services
from okamochi.containerfiles.yaml_nodes import Node

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for document, container in stack_services(setup):
        if not is_backing_image(container.image) or DATABASE.fullmatch(container.image) is None:
            continue
        deploy = container.node.get("deploy")
        if deploy.get("placement", "constraints").items or deploy.get("mode").text == "global":
            continue
        for volume in container.node.get("volumes").items:
            name = local_volume(volume, document)
            if name:
                yield Found(
                    path=document.path,
                    line=volume.line,
                    message=f"{name} is on one node, and {container.name} may start on another: there "
                    "it is empty",
                    hint='deploy: {placement: {constraints: ["node.labels.data == true"]}}',
                )
                break


def local_volume(volume: Node, document: Document) -> str:
    """The volume or folder, where no driver shares it."""
    if volume.kind == "mapping":
        kind, name = volume.get("type").text, volume.get("source").text
        if kind not in ("volume", "bind"):
            return ""
    else:
        name = volume.text.partition(":")[0] if ":" in volume.text else ""
    defined = document.root.get("volumes", name)
    shared = (
        defined.get("driver").text not in ("", "local")
        or defined.get("driver_opts")
        or defined.get("external")
    )
    return "" if shared or "sock" in name or name.endswith((".conf", ".cnf", ".sql", ".sh", ".yml")) else name
