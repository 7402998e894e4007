"""Which images of manifests and task definitions are made from the project's own Dockerfile."""

import msgspec

from okamochi.audit.compose_containers import is_backing_image
from okamochi.audit.containers import Container
from okamochi.audit.setup import Setup
from okamochi.oci.reference import bare_name

__all__ = ["OwnImages", "known_names", "own_images"]


class OwnImages(msgspec.Struct, frozen=True):
    """`names` are those that are the project's, without registry and tag; `made` is what its Dockerfile
    starts, None where it has several or none."""

    names: frozenset[str]
    made: Container | None = None

    def __contains__(self, image: str) -> bool:
        return bare_name(image) in self.names


def own_images(setup: Setup, images: tuple[Container, ...]) -> OwnImages:
    """The one image that is no database or tool is the project's. Of several, those that have the name of
    the project, of a folder with a Dockerfile, or of an image that Compose builds; a registry full of others
    may stand in the same manifests."""
    roots = [one.root for one in (*setup.manifests, *setup.task_definitions)]
    named = {
        bare_name(node.text)
        for root in roots
        for holder in root.walk()
        for node in (holder.get("image"),)
        if node.kind == "scalar" and node.text and not is_backing_image(node.text)
    }
    made = [one for one in images if not one.desk]
    names = named if len(named) == 1 else {name for name in named if name in known_names(setup)}
    return OwnImages(frozenset(names), made[0] if len(made) == 1 else None)


def known_names(setup: Setup) -> frozenset[str]:
    folders = (one.path.split("/")[-2] for one in setup.dockerfiles if "/" in one.path)
    built = (
        bare_name(service.get("image").text)
        for file in setup.composes
        for _, service in file.root.get("services").pairs
        if service.get("build")
    )
    project = (setup.plan.name,) if setup.plan is not None else ()
    return frozenset(name for name in (*folders, *built, *project) if name)
