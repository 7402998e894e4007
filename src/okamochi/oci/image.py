"""Images and image indexes (image-spec, manifest.md and image-index.md), and their exact bytes."""

from functools import cached_property

import msgspec

from okamochi.oci.canonical_json import canonical_json
from okamochi.oci.descriptor import Annotations, Descriptor
from okamochi.oci.digest import Digest
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.layer import Layer
from okamochi.oci.media_types import IMAGE_CONFIG, IMAGE_INDEX, IMAGE_MANIFEST

__all__ = ["Image", "ImageIndex", "StoredBytes"]


class StoredBytes(msgspec.Struct, frozen=True):
    """Configuration and manifest as somebody wrote them; their digests must not change by reading."""

    config: bytes
    manifest: bytes


class Image(msgspec.Struct, frozen=True, dict=True):
    """A configuration and layers. The bytes are made once and digested as they are.

    `stored` is set when the image was read: then its bytes count, and `config` is what we understood of them.
    """

    config: ImageConfig
    layers: tuple[Layer, ...]
    annotations: Annotations = ()
    stored: StoredBytes | None = None

    @cached_property
    def config_bytes(self) -> bytes:
        return self.stored.config if self.stored is not None else self.config.to_bytes(self.layers)

    @cached_property
    def config_descriptor(self) -> Descriptor:
        return Descriptor.of(IMAGE_CONFIG, self.config_bytes)

    @cached_property
    def manifest_bytes(self) -> bytes:
        if self.stored is not None:
            return self.stored.manifest
        manifest: dict[str, object] = {
            "schemaVersion": 2,
            "mediaType": IMAGE_MANIFEST,
            "config": self.config_descriptor.to_json(),
            "layers": [layer.descriptor.to_json() for layer in self.layers],
        }
        if self.annotations:
            manifest["annotations"] = dict(self.annotations)
        return canonical_json(manifest)

    @cached_property
    def digest(self) -> Digest:
        """Digest of the manifest: what `repository@sha256:...` names."""
        return Digest.of(self.manifest_bytes)

    @property
    def image_id(self) -> Digest:
        """Digest of the configuration: what Docker's classic storage and podman call the image's ID."""
        return self.config_descriptor.digest

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(
            media_type=IMAGE_MANIFEST,
            digest=self.digest,
            size_bytes=len(self.manifest_bytes),
            platform=self.config.platform,
        )

    @property
    def size_bytes(self) -> int:
        """What a registry stores and an engine pulls: manifest, configuration and compressed layers."""
        layers = {layer.descriptor.digest: layer.descriptor.size_bytes for layer in self.layers}
        return len(self.manifest_bytes) + len(self.config_bytes) + sum(layers.values())

    @property
    def images(self) -> tuple["Image", ...]:
        return (self,)


class ImageIndex(msgspec.Struct, frozen=True, dict=True):
    """One image for each platform, sorted by platform in the bytes."""

    images: tuple[Image, ...]
    annotations: Annotations = ()

    @cached_property
    def index_bytes(self) -> bytes:
        images = sorted(self.images, key=lambda image: image.config.platform)
        index: dict[str, object] = {
            "schemaVersion": 2,
            "mediaType": IMAGE_INDEX,
            "manifests": [image.descriptor.to_json() for image in images],
        }
        if self.annotations:
            index["annotations"] = dict(self.annotations)
        return canonical_json(index)

    @cached_property
    def digest(self) -> Digest:
        return Digest.of(self.index_bytes)

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(media_type=IMAGE_INDEX, digest=self.digest, size_bytes=len(self.index_bytes))
