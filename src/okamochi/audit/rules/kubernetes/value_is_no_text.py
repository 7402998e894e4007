"""A value that has to be text is written as a number or a truth value.

`value: 8000`, `DEBUG: false` and `version: 1.0` are no text in YAML. The API refuses variables, the data of a
ConfigMap, labels and annotations of that kind: `cannot unmarshal number into Go struct field EnvVar.value of
type string`. `yes`, `no`, `on` and `off` are truth values there as well.

Fix: quotes: `"8000"`.

See: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables
"""

from collections.abc import Iterator

from okamochi.audit.cluster_objects import ClusterObject, cluster_objects
from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR
OLD_BOOLEAN = regex(r"y|yes|n|no|on|off", 2)
# what YAML alone makes a number of, so that its text is not what it seems
LINE = regex(
    r"(?P<before>\s*(?:- )?(?:\{\s*)?(?:[\w.\"'/-]+:\s+))(?P<value>[^\s#\"'{}\[\],]+)(?P<after>\s*(?:#.*)?)"
)


def look(setup: Setup) -> Finds:
    for one in cluster_objects(setup):
        for what, node in texts(one):
            if is_no_text(node):
                yield Found(
                    path=one.path,
                    line=node.line,
                    message=f"{what} is {node.text} without quotes, which is no text: the API refuses the "
                    f"{one.kind}",
                    hint=f'"{node.text}"',
                    edits=tuple(edits(setup, one.path, node)),
                )


def texts(one: ClusterObject) -> Iterator[tuple[str, Node]]:
    """All values that have to be text, with what they are of."""
    for container in one.container_nodes:
        for variable in container.get("env").items:
            yield variable.get("name").text, variable.get("value")
        for word in (*container.get("command").items, *container.get("args").items):
            yield f"an argument of {container.get('name').text}", word
    if one.kind in ("ConfigMap", "Secret"):
        for part in ("data", "stringData"):
            yield from ((key.text, node) for key, node in one.root.get(part).pairs)
    for metadata in (one.root.get("metadata"), one.template.get("metadata")):
        for part in ("labels", "annotations"):
            yield from ((key.text, node) for key, node in metadata.get(part).pairs)
    spec = one.root.get("spec")
    for selector in (spec.get("selector", "matchLabels"), spec.get("selector")):
        yield from ((key.text, node) for key, node in selector.pairs if node.kind == "scalar")


def is_no_text(node: Node) -> bool:
    if node.kind != "scalar" or node.quoted or "\n" in node.text:
        return False
    return isinstance(node.value, bool | int | float) or OLD_BOOLEAN.fullmatch(node.text) is not None


def edits(setup: Setup, path: str, node: Node) -> Iterator[Edit]:
    """Quotes around the value of a line that has no other."""
    found = LINE.fullmatch(setup.file(path).line(node.line))
    if found is not None and found["value"] == node.text:
        yield Edit(path, node.line, node.line, f'{found["before"]}"{node.text}"{found["after"]}')
