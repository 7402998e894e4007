"""A quantity is none, or not the one that was meant.

`512Mb` and `1GB` are no quantities: the API refuses them. `512m` of memory is one: half a byte, in
thousandths; the container cannot start. `memory: 512` is 512 bytes. kubernetes-validate --strict, checkov and
Trivy passed `512Mb`.

Fix: `512Mi` (or `512M`) for memory, `500m` or `0.5` for processors.

See: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#meaning-of-memory
"""

from collections.abc import Iterator

from okamochi.audit.cluster_objects import ClusterObject, cluster_objects, is_placeholder
from okamochi.audit.quantities import amount, meant
from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity
from okamochi.containerfiles.yaml_nodes import Node

SEVERITY = Severity.ERROR
SIZES = ("memory", "ephemeral-storage", "storage")
# less is no memory that a process could live in
SMALLEST_BYTES = 1024 * 1024


def look(setup: Setup) -> Finds:
    for one in cluster_objects(setup):
        for key, node in quantities(one):
            reason = wrong(key, node)
            if reason and not is_placeholder(node.text):
                better = meant(node.text) if key in SIZES else ""
                yield Found(
                    path=one.path,
                    line=node.line,
                    message=f"{key}: {node.text} {reason}",
                    hint=f"{key}: {better}" if better else "512Mi of memory, 500m of a processor",
                    edits=tuple(edits(setup, one.path, node, better)),
                )


def quantities(one: ClusterObject) -> Iterator[tuple[str, Node]]:
    """Of containers, and of claims."""
    claims = one.root.get("spec", "volumeClaimTemplates").items
    places = [holder.get("resources") for holder in one.container_nodes]
    places += [claim.get("spec", "resources") for claim in claims]
    if one.kind == "PersistentVolumeClaim":
        places.append(one.root.get("spec", "resources"))
    for place in places:
        for part in ("requests", "limits"):
            for key, node in place.get(part).pairs:
                if node.kind == "scalar":
                    yield key.text, node


def wrong(key: str, node: Node) -> str:
    """What follows; "" where it is right."""
    found = amount(node.text)
    if found is None:
        return "is no quantity: the API refuses it"
    if key not in SIZES or found >= SMALLEST_BYTES or found == 0:
        return ""
    if node.text.endswith("m"):
        return "is a fraction of a byte (m is a thousandth): no container starts with that"
    return f"is {found:.0f} bytes: no container starts with that"


def edits(setup: Setup, path: str, node: Node, better: str) -> Iterator[Edit]:
    """The unit alone, where the line has nothing else of that text."""
    line = setup.file(path).line(node.line)
    if better and line.count(node.text) == 1 and not node.text.isdecimal():
        yield Edit(path, node.line, node.line, line.replace(node.text, better))
