"""Pods run whatever `latest` is when a node pulls it.

Two pods of one Deployment may run two versions; `kubectl apply` after a push changes nothing, since the
object is the same; `kubectl rollout undo` leads back to the same name.

Fix: a tag that never moves, such as the revision's, or a digest; with kustomize, `images: newTag`.

Okamochi: kustomization.yaml names the image, and `okamochi push` prints its digest.

See: https://kubernetes.io/docs/concepts/configuration/overview/#container-images
"""

from okamochi.audit.cluster_objects import containers_of, is_placeholder, workloads
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.oci.reference import bare_name, tag_of

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    """Of the project's own images, each once for a workload; a name without a registry is another rule's."""
    for one in workloads(setup):
        replaced = {name for tool in one.kustomized for name in tool.images}
        told = set[str]()
        for container in containers_of(one, setup):
            image = container.image
            name, at, _ = image.partition("@")
            if at or tag_of(image) not in ("", "latest") or "/" not in image or is_placeholder(image):
                continue
            if (
                container.own
                and image not in told
                and not one.patched("image:", "/image")
                and not replaced & {image, name, name.removesuffix(":latest"), bare_name(image)}
            ):
                told.add(image)
                yield Found(
                    path=one.path,
                    line=container.node.get("image").line,
                    message=f"{bare_name(image)} has no tag that stays: pods of one Deployment run different "
                    "versions, and an undo leads to the same name",
                    hint=f"{name.removesuffix(':latest')}: a version or revision as its tag, or a digest",
                )
