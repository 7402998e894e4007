"""A pod takes an image that no node can pull.

`invoice-app:latest` is `docker.io/library/invoice-app`, where nobody but Docker can push: ErrImagePull.
With the tag `latest`, or without one, the policy is `Always`, so that an image which was loaded into the
node (kind load, minikube image load) is not taken either.

Fix: the registry's name before it, `registry.example.com/me/invoice-app:1.4.0`; for a cluster on the
desk another tag than latest, or `imagePullPolicy: IfNotPresent`.

See: https://kubernetes.io/docs/concepts/containers/images/#imagepullpolicy-defaulting
"""

from okamochi.audit.cluster_objects import ClusterObject, is_placeholder, running
from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.oci.reference import bare_name
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR

# images of docker.io/library that Python programs are started in as they are
OFFICIAL = regex(
    r"(?:python|pypy|ubuntu|debian|fedora|centos|amazonlinux|ruby|golang|php|openjdk|hello-world|buildpack-deps)(?::.*)?"
)


def look(setup: Setup) -> Finds:
    for one, container in running(setup):
        if is_local(one, container) and policy(container) == "Always":
            node = container.node.get("image")
            yield Found(
                path=one.path,
                line=node.line,
                message=f"{node.text} is docker.io/library/{node.text}, which is not yours, and is "
                "pulled each time: ErrImagePull",
                hint=f"registry.example.com/me/{bare_name(node.text)}:1.0; on the desk imagePullPolicy: "
                "IfNotPresent",
            )


def is_local(one: ClusterObject, container: Container) -> bool:
    """Whether it has no registry, and nothing replaces the name."""
    image = container.image
    if not container.own or "/" in image or is_placeholder(image) or OFFICIAL.fullmatch(image):
        return False
    replaced = {name for tool in one.kustomized for name in tool.images}
    return not replaced & {image, bare_name(image)} and not one.patched("image")


def policy(container: Container) -> str:
    """What is said, else what Kubernetes makes of the tag."""
    tag = container.image.partition(":")[2]
    return container.node.get("imagePullPolicy").text or (
        "Always" if tag in ("", "latest") else "IfNotPresent"
    )
