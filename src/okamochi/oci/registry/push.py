"""An image to a registry: what it lacks, in parallel; manifests when all they name is there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Protocol

from okamochi.errors import RegistryError
from okamochi.oci.artifact import Artifact
from okamochi.oci.canonical_json import canonical_json, json_object
from okamochi.oci.cosign import Attestation, Signature, signed_blobs, signed_entry, signed_manifest
from okamochi.oci.descriptor import Descriptor
from okamochi.oci.digest import Digest
from okamochi.oci.image import Image, ImageIndex
from okamochi.oci.layout import members
from okamochi.oci.media_types import IMAGE_INDEX, IMAGE_MANIFEST
from okamochi.oci.reference import Reference
from okamochi.oci.registry.errors import Refused
from okamochi.oci.registry.registries import PULL, PUSH, Registries
from okamochi.oci.registry.repository import Repository, StoredManifest
from okamochi.oci.registry.upload import BlobSource, upload_blob
from okamochi.system.tables import items_of

__all__ = ["KnownPlaces", "Pushed", "push_artifact", "push_image", "push_signature", "referrers_tag"]

UPLOADS = 4
LOST_BLOB = frozenset({"MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"})


class KnownPlaces(Protocol):
    """What former pushes saw: which repositories of a registry have a blob, which can be mounted from there;
    and the images that a repository got last, by manifest, with their blobs."""

    def of(self, registry: str, digest: Digest) -> tuple[str, ...]: ...
    def add(self, registry: str, digest: Digest, repository: str) -> None: ...
    def last_images(self, registry: str, repository: str) -> Mapping[Digest, frozenset[Digest]]: ...
    def keep_images(
        self, registry: str, repository: str, images: Mapping[Digest, frozenset[Digest]]
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Pushed:
    """What was done for the blobs of an image, configuration included."""

    sent: int = 0
    sent_bytes: int = 0
    mounted: int = 0
    there: int = 0

    def __add__(self, other: "Pushed") -> "Pushed":
        return Pushed(
            self.sent + other.sent,
            self.sent_bytes + other.sent_bytes,
            self.mounted + other.mounted,
            self.there + other.there,
        )


def push_image(
    image: Image | ImageIndex, reference: Reference, registries: Registries, places: KnownPlaces
) -> Pushed:
    """All under the reference's tag ("latest" without one). An image that the registry has by its digest
    costs two requests; nothing is tagged before all of it is there."""
    tagged = reference.tagged
    repository = registries.repository(tagged, PUSH)
    missing = [one for one in image.images if not repository.has_manifest(one.digest)]
    there = len(image.images) - len(missing)
    held = blobs_of_last(repository, places, tagged) if missing else frozenset()
    pushing = Pushing(repository, registries, tagged, places, held)
    try:
        done = pushing.images(missing)
        pushing.manifests(image, missing)
    except Refused as refused:
        if not held or refused.code not in LOST_BLOB:
            raise
        # it has an image whose layers it lost: everything is asked for
        pushing = replace(pushing, held=frozenset())
        done = pushing.images(missing)
        pushing.manifests(image, missing)
    kept = {one.digest: digests_of(one) for one in image.images}
    places.keep_images(tagged.registry, tagged.repository, kept)
    return done + Pushed(there=there)


def blobs_of_last(repository: Repository, places: KnownPlaces, reference: Reference) -> frozenset[Digest]:
    """What the images hold that this repository got last, as far as it has them still: a registry keeps the
    blobs of manifests that it has, so that one question stands for all of them."""
    last = places.last_images(reference.registry, reference.repository)
    found = (blobs for manifest, blobs in last.items() if repository.has_manifest(manifest))
    return frozenset().union(*found)


def push_artifact(artifact: Artifact, reference: Reference, registries: Registries) -> None:
    """A document about an image that is there, listed among the image's referrers."""
    repository = registries.repository(reference.tagged, PUSH)
    for descriptor, content in artifact.blobs:
        if not repository.has_blob(descriptor):
            upload_blob(repository, in_memory(descriptor, content))
    manifest = StoredManifest(IMAGE_MANIFEST, artifact.manifest_bytes)
    if not repository.put_manifest(str(manifest.descriptor.digest), manifest):
        list_referrer(repository, artifact)


def push_signature(
    signature: Signature | Attestation, digest: Digest, reference: Reference, registries: Registries
) -> None:
    """Beside the image of this digest, with those that are there; once, however often it is asked for."""
    repository = registries.repository(reference.tagged, PUSH)
    tag = signature.tag(digest)
    stored = repository.find_manifest(tag)
    former: list[object] = []
    if stored is not None:
        where = f"{repository.name}:{tag}"
        former = members(json_object(stored.content, where=where), "layers", where)
    if signed_entry(signature) in former:
        return
    for descriptor, content in signed_blobs(signature):
        if not repository.has_blob(descriptor):
            upload_blob(repository, in_memory(descriptor, content))
    repository.put_manifest(tag, StoredManifest(IMAGE_MANIFEST, signed_manifest(signature, former)))


@dataclass(frozen=True)
class Pushing:
    """One push."""

    repository: Repository
    registries: Registries
    reference: Reference
    places: KnownPlaces
    held: frozenset[Digest] = frozenset()

    def images(self, missing: Sequence[Image]) -> Pushed:
        """The blobs of all of them, each once."""
        blobs = {source.descriptor.digest: source for one in missing for source in blobs_of(one)}
        with ThreadPoolExecutor(UPLOADS, "push") as pool:
            futures = [pool.submit(self.blob, source) for source in blobs.values()]
            try:
                return sum((future.result() for future in futures), Pushed())
            finally:
                pool.shutdown(cancel_futures=True)

    def manifests(self, image: Image | ImageIndex, missing: Sequence[Image]) -> None:
        """The tag's own last."""
        if isinstance(image, ImageIndex):
            for one in missing:
                stored = StoredManifest(IMAGE_MANIFEST, one.manifest_bytes)
                self.repository.put_manifest(str(one.digest), stored)
            top = StoredManifest(IMAGE_INDEX, image.index_bytes)
        else:
            top = StoredManifest(IMAGE_MANIFEST, image.manifest_bytes)
        self.repository.put_manifest(self.reference.tag, top)

    def blob(self, source: BlobSource) -> Pushed:
        descriptor = source.descriptor
        done = self._brought(source)
        self.places.add(self.reference.registry, descriptor.digest, self.reference.repository)
        return done

    def _brought(self, source: BlobSource) -> Pushed:
        if source.descriptor.digest in self.held or self.repository.has_blob(source.descriptor):
            return Pushed(there=1)
        if self._mounted(source.descriptor):
            return Pushed(mounted=1)
        return Pushed(sent=1, sent_bytes=upload_blob(self.repository, source))

    def _mounted(self, descriptor: Descriptor) -> bool:
        """A registry may refuse to mount, for want of rights or of the blob: then it is sent."""
        known = self.places.of(self.reference.registry, descriptor.digest)
        for source in [name for name in known if name != self.reference.repository][:1]:
            scope = f"repository:{source}:{PULL}"
            repository = self.registries.repository(self.reference, PUSH, further=(scope,))
            try:
                place, _ = repository.start_upload(mount=descriptor.digest, source=source)
            except RegistryError:
                continue
            if not place:
                return True
        return False


def blobs_of(image: Image) -> Iterator[BlobSource]:
    for layer in image.layers:
        yield BlobSource(layer.descriptor, opener(layer.path.open))
    yield in_memory(image.config_descriptor, image.config_bytes)


def digests_of(image: Image) -> frozenset[Digest]:
    return frozenset(source.descriptor.digest for source in blobs_of(image))


def opener(open_file: Callable[..., object]) -> Callable[[], BytesIO]:
    return lambda: open_file("rb")  # type: ignore[return-value]


def in_memory(descriptor: Descriptor, content: bytes) -> BlobSource:
    return BlobSource(descriptor, lambda: BytesIO(content))


def referrers_tag(digest: Digest) -> str:
    """sha256-…: a colon cannot stand in a tag."""
    return str(digest).replace(":", "-")


def list_referrer(repository: Repository, artifact: Artifact) -> None:
    """Adds it to the list of what refers to an image, for a registry that keeps none itself: an index under a
    tag made of the image's digest (distribution-spec, "Referrers Tag Schema"). Once; a former one of the same
    kind by us has the same digest or stays: readers take all."""
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
