"""Documents about an image, beside it: manifests whose `subject` is the image (image-spec 1.1)."""

from functools import cached_property
from pathlib import Path

import msgspec

from okamochi.oci.canonical_json import JsonObject, canonical_json
from okamochi.oci.descriptor import Descriptor
from okamochi.oci.layout import blob_path, listed_entries, locked, write_blob, write_index
from okamochi.oci.media_types import EMPTY, IMAGE_MANIFEST
from okamochi.system.files import storage_errors

__all__ = ["Artifact", "attach_to_layout"]

EMPTY_BYTES = b"{}"


class Artifact(msgspec.Struct, frozen=True, dict=True):
    """One document; what a registry takes are the blobs and the manifest, in this order."""

    artifact_type: str
    content: bytes
    subject: Descriptor

    @property
    def blobs(self) -> tuple[tuple[Descriptor, bytes], ...]:
        return (
            (Descriptor.of(EMPTY, EMPTY_BYTES), EMPTY_BYTES),
            (Descriptor.of(self.artifact_type, self.content), self.content),
        )

    @cached_property
    def manifest_bytes(self) -> bytes:
        (config, _), (document, _) = self.blobs
        subject = Descriptor(
            media_type=self.subject.media_type, digest=self.subject.digest, size_bytes=self.subject.size_bytes
        )
        return canonical_json(
            {
                "schemaVersion": 2,
                "mediaType": IMAGE_MANIFEST,
                "artifactType": self.artifact_type,
                "config": config.to_json(),
                "layers": [document.to_json()],
                "subject": subject.to_json(),
            }
        )

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor.of(IMAGE_MANIFEST, self.manifest_bytes)

    @property
    def listed(self) -> JsonObject:
        """How an index names it: `artifactType` tells it from images."""
        return {**self.descriptor.to_json(), "artifactType": self.artifact_type}


def attach_to_layout(artifact: Artifact, folder: Path) -> None:
    """Adds it to the layout, which has the image; once, however often it is asked for."""
    with storage_errors(folder, hint=f"make {folder} writable, or free some space there"), locked(folder):
        for descriptor, content in artifact.blobs:
            write_blob(folder, descriptor.digest, content)
        write_blob(folder, artifact.descriptor.digest, artifact.manifest_bytes)
        listed = listed_entries(folder)
        assert (folder / blob_path(artifact.subject.digest)).exists()
        if all(descriptor.digest != artifact.descriptor.digest for _, descriptor in listed):
            write_index(folder, [*(raw for raw, _ in listed), artifact.listed])
