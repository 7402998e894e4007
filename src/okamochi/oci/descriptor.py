"""Pointers to blobs (image-spec, descriptor.md)."""

import msgspec

from okamochi.errors import BuildError
from okamochi.oci.canonical_json import JsonObject
from okamochi.oci.digest import Digest
from okamochi.oci.platform import Platform

__all__ = ["Annotations", "Descriptor"]

Annotations = tuple[tuple[str, str], ...]


class Descriptor(msgspec.Struct, frozen=True, kw_only=True):
    """`digest` and `size_bytes` are those of the blob as stored (for layers: compressed)."""

    media_type: str
    digest: Digest
    size_bytes: int
    platform: Platform | None = None
    annotations: Annotations = ()

    @classmethod
    def of(cls, media_type: str, content: bytes) -> "Descriptor":
        return cls(media_type=media_type, digest=Digest.of(content), size_bytes=len(content))

    @classmethod
    def read(cls, value: object, *, where: str) -> "Descriptor":
        """From parsed JSON. BuildError when a member is missing or of a wrong type.

        A platform that okamochi does not build for is left out rather than refused.
        """
        if not isinstance(value, dict):
            raise malformed("a descriptor is not an object", where)
        media_type, digest, size = value.get("mediaType"), value.get("digest"), value.get("size")
        if not (isinstance(media_type, str) and isinstance(digest, str) and type(size) is int and size >= 0):
            raise malformed("a descriptor lacks mediaType, digest or size", where)
        return cls(
            media_type=media_type,
            digest=Digest.parse(digest),
            size_bytes=size,
            platform=read_platform(value.get("platform")),
            annotations=read_pairs(value.get("annotations"), where=where),
        )

    def to_json(self) -> JsonObject:
        value: dict[str, object] = {
            "mediaType": self.media_type,
            "digest": str(self.digest),
            "size": self.size_bytes,
        }
        if self.platform is not None:
            value["platform"] = {"os": self.platform.os, "architecture": self.platform.architecture}
        if self.annotations:
            value["annotations"] = dict(self.annotations)
        return value


def read_platform(value: object) -> Platform | None:
    if not isinstance(value, dict):
        return None
    system, architecture = value.get("os"), value.get("architecture")
    if not (isinstance(system, str) and isinstance(architecture, str)):
        return None
    return Platform(system, architecture)


def read_pairs(value: object, *, where: str) -> Annotations:
    if value is None:
        return ()
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise malformed("annotations are not an object of strings", where)
    return tuple(sorted(value.items()))


def malformed(message: str, where: str) -> BuildError:
    return BuildError(
        message, where=where, hint="the file breaks the OCI image specification; build it again"
    )
