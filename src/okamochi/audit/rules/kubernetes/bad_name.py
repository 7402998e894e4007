"""A name is none that Kubernetes takes.

Names of objects, containers and volumes are small letters, digits and hyphens: no `_`, no capitals; those of
Services begin with a letter; those of ports have at most 15 characters and a letter. The API refuses others;
kubernetes-validate --strict, checkov and Trivy passed them.

Fix: `invoice-app` instead of `Invoice_App`.

See: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
"""

import re
from collections.abc import Iterator

from okamochi.audit.cluster_objects import ClusterObject, cluster_objects, is_placeholder
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR
LABEL = regex(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
SUBDOMAIN = regex(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
SERVICE = regex(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
PORT = regex(r"(?=.*[a-z])(?!.*--)[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?")
VALUE = regex(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
RULES_OF = {
    "LABEL": "at most 63 small letters, digits and hyphens",
    "SUBDOMAIN": "small letters, digits, hyphens and dots",
    "SERVICE": "at most 63 small letters, digits and hyphens, a letter first",
    "PORT": "at most 15 small letters, digits and hyphens, with a letter",
    "VALUE": "at most 63 letters, digits, hyphens, underscores and dots",
}
# of these kinds names may hold colons and capitals
FREE = re.compile(r"(?:Cluster)?Role(?:Binding)?")


def look(setup: Setup) -> Finds:
    for one in cluster_objects(setup):
        for what, node, rule in names(one):
            pattern = {
                "LABEL": LABEL,
                "SUBDOMAIN": SUBDOMAIN,
                "SERVICE": SERVICE,
                "PORT": PORT,
                "VALUE": VALUE,
            }
            text = node.text
            if text and pattern[rule].fullmatch(text) is None and not is_placeholder(text):
                better = suggestion(text) if rule != "VALUE" else ""
                yield Found(
                    path=one.path,
                    line=node.line,
                    message=f"{text} is no name for {what}: {RULES_OF[rule]}; the API refuses it",
                    hint=better if better and pattern[rule].fullmatch(better) else RULES_OF[rule],
                )


def names(one: ClusterObject) -> Iterator[tuple[str, Node, str]]:
    """What it is of, the name, and which of the rules holds."""
    name = one.root.get("metadata", "name")
    if FREE.fullmatch(one.kind) is None and name.kind == "scalar":
        is_label = one.kind in ("Namespace", "CronJob")
        yield (
            f"a {one.kind}",
            name,
            "SERVICE" if one.kind == "Service" else ("LABEL" if is_label else "SUBDOMAIN"),
        )
    for container in one.container_nodes:
        yield "a container", container.get("name"), "LABEL"
        for port in container.get("ports").items:
            yield "a port", port.get("name"), "PORT"
    for volume in one.pod.get("volumes").items:
        yield "a volume", volume.get("name"), "LABEL"
    if one.kind == "Service":
        for port in one.root.get("spec", "ports").items:
            yield "a port of a Service", port.get("name"), "LABEL"
    for metadata in (one.root.get("metadata"), one.template.get("metadata")):
        for _, value in metadata.get("labels").pairs:
            yield "the value of a label", value, "VALUE"


def suggestion(text: str) -> str:
    return re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-")
