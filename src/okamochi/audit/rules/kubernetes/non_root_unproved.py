"""The pod must not run as root, and its image does not say by number who it is.

With `runAsNonRoot: true` the kubelet refuses an image whose USER is a name (`image has non-numeric user
(appuser), cannot verify user is non-root`), is root, or is not set (`image will run as root`): the container
never starts (CreateContainerConfigError).

Fix: `USER 10001:10001` in the Dockerfile, or `runAsUser: 10001` beside it.

Okamochi: 10001 in the image and in the manifest.

See: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

from okamochi.audit.cluster_objects import running
from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.dockerfile import Instruction
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR

# bases that run as root where nothing else is said
ROOT_BASE = regex(r"(?:[\w.-]+(?::\d+)?/)*(?:python|debian|ubuntu|alpine|pypy)(?::.*)?")


def look(setup: Setup) -> Finds:
    for one, container in running(setup):
        key = asked_for(container)
        user = container.stage.last("USER") if container.stage is not None else None
        reason = refused(container, user)
        if not key or one.patched("runAsUser") or says_who(container) or not reason:
            continue
        places = (
            () if user is None else ((Evidence(path=container.stage_path, line=user.line, reason="USER"),))
        )
        yield Found(
            path=one.path,
            line=key.line,
            message=f"{container.name} never starts: runAsNonRoot, and {reason}",
            hint="runAsUser: 10001 beside it, or USER 10001:10001 in the Dockerfile",
            also=places,
        )


def asked_for(container: Container) -> Node:
    """The key that forbids root: the container's own, else the pod's."""
    for context in (container.node.get("securityContext"), container.pod.get("securityContext")):
        given = context.get("runAsNonRoot")
        if given:
            return context.key("runAsNonRoot") if given.value is True else Node("nothing")
    return Node("nothing")


def says_who(container: Container) -> bool:
    contexts = (container.node.get("securityContext"), container.pod.get("securityContext"))
    return any(context.get("runAsUser") for context in contexts)


def refused(container: Container, user: Instruction | None) -> str:
    """Why the kubelet refuses it; "" where it does not, or that cannot be told."""
    if container.stage is None:
        return ""
    if user is None:
        is_root = ROOT_BASE.fullmatch(container.stage.image) is not None
        return "the image runs as root (no USER)" if is_root else ""
    name = user.rest.strip("\"'").partition(":")[0]
    if "$" in name or (name.isdecimal() and int(name) > 0):
        return ""
    if name in ("root", "0"):
        return "the image's USER is root"
    return f"the image's USER is a name ({name}), which proves nothing to the kubelet"
