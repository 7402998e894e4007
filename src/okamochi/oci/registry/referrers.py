"""The list of what refers to an image, where the registry keeps none itself: an index under a tag made of the
image's digest (distribution-spec, "Referrers Tag Schema")."""

from okamochi.oci.artifact import Artifact
from okamochi.oci.canonical_json import canonical_json, json_object
from okamochi.oci.digest import Digest
from okamochi.oci.media_types import IMAGE_INDEX
from okamochi.oci.registry.repository import Repository, StoredManifest
from okamochi.system.tables import items_of

__all__ = ["list_referrer", "referrers_tag"]


def referrers_tag(digest: Digest) -> str:
    """sha256-…: a colon cannot stand in a tag."""
    return str(digest).replace(":", "-")


def list_referrer(repository: Repository, artifact: Artifact) -> None:
    """Adds it, once; a former one of the same kind by us has the same digest or stays: readers take all."""
    tag = referrers_tag(artifact.subject.digest)
    stored = repository.find_manifest(tag)
    listed: list[object] = []
    if stored is not None and stored.media_type == IMAGE_INDEX:
        found = json_object(stored.content, where=f"{repository.name}:{tag}").get("manifests")
        listed = items_of(found)
    if any(isinstance(one, dict) and one.get("digest") == str(artifact.descriptor.digest) for one in listed):
        return
    index = {"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": [*listed, artifact.listed]}
    repository.put_manifest(tag, StoredManifest(IMAGE_INDEX, canonical_json(index)))
