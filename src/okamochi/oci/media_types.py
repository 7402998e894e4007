"""Media types and annotation keys (image-spec, media-types.md and annotations.md), each spelled once."""

__all__ = [
    "ANNOTATION_CONTAINERD_NAME",
    "ANNOTATION_REF_NAME",
    "DOCKER_INDEX",
    "DOCKER_LAYER_GZIP",
    "DOCKER_MANIFEST",
    "EMPTY",
    "IMAGE_CONFIG",
    "IMAGE_INDEX",
    "IMAGE_MANIFEST",
    "IN_TOTO",
    "LAYER_GZIP",
]

IMAGE_INDEX = "application/vnd.oci.image.index.v1+json"
IMAGE_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
IN_TOTO = "application/vnd.in-toto+json"
# Docker's equivalents, which registries still hold (image-spec, media-types.md, "Compatibility Matrix").
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"

ANNOTATION_REF_NAME = "org.opencontainers.image.ref.name"
# Docker's containerd image store and `docker save` put the full reference here and only the tag in ref.name.
ANNOTATION_CONTAINERD_NAME = "io.containerd.image.name"
