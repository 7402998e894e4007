"""One tar that engines load: an OCI image layout and, beside it, the manifest.json of `docker save`.

`docker load` (20.10 and 28), `podman load`, and skopeo's oci-archive: and docker-archive: all read it.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from okamochi.errors import BuildError
from okamochi.oci.canonical_json import canonical_json
from okamochi.oci.descriptor import Descriptor
from okamochi.oci.digest import Digest
from okamochi.oci.entry import Entry, directory, file
from okamochi.oci.image import Image, ImageIndex
from okamochi.oci.layer import Layer
from okamochi.oci.layout import INDEX_FILE, LAYOUT_FILE, LAYOUT_VERSION, blob_path
from okamochi.oci.media_types import ANNOTATION_CONTAINERD_NAME, ANNOTATION_REF_NAME, IMAGE_INDEX
from okamochi.oci.platform import Platform
from okamochi.oci.reference import Reference
from okamochi.oci.tar_writer import END_OF_ARCHIVE, tar_chunks

__all__ = ["known_layers", "write_archive"]

OWNER = "archive"
CHUNK_BYTES = 2**20


def write_archive(
    image: Image | ImageIndex,
    stream: BinaryIO,
    *,
    reference: Reference,
    skip: frozenset[Digest] = frozenset(),
    platform: Platform | None = None,
) -> None:
    """Write the archive; the same image and reference give the same bytes.

    Of an index, `docker load` takes the image of `platform`, or the first one; OCI tools see all.
    `skip`: digests of layer blobs that the receiver has (see `known_layers`); only Docker's classic storage
    accepts such an archive. BuildError when a layer's file is gone.
    """
    for chunk in tar_chunks(
        archive_entries(image, reference, skip, platform), epoch_seconds=0, chunk_bytes=CHUNK_BYTES
    ):
        stream.write(chunk)
    stream.write(END_OF_ARCHIVE)


def archive_entries(
    image: Image | ImageIndex, reference: Reference, skip: frozenset[Digest], platform: Platform | None
) -> Iterator[Entry]:
    """Small files first, so that a reader of a stream knows what comes; layers in their order."""
    tagged = reference.tagged
    images = image.images
    loaded = next((one for one in images if one.config.platform == platform), images[0])
    yield file(LAYOUT_FILE, OWNER, LAYOUT_VERSION)
    yield file(INDEX_FILE, OWNER, index_bytes(image, tagged))
    yield file("manifest.json", OWNER, docker_manifest_bytes(loaded, tagged))
    yield directory("blobs", OWNER)
    yield directory("blobs/sha256", OWNER)
    if isinstance(image, ImageIndex):
        yield file(blob_path(image.digest), OWNER, image.index_bytes)
    for one in images:
        yield file(blob_path(one.digest), OWNER, one.manifest_bytes)
        yield file(blob_path(one.config_descriptor.digest), OWNER, one.config_bytes)
    for layer in distinct(layer for one in images for layer in one.layers):
        if layer.descriptor.digest not in skip:
            yield layer_entry(layer)


def distinct(layers: Iterable[Layer]) -> Iterable[Layer]:
    return {layer.descriptor.digest: layer for layer in layers}.values()


def layer_entry(layer: Layer) -> Entry:
    try:
        entry = file(blob_path(layer.descriptor.digest), OWNER, layer.path)
    except OSError as error:
        raise missing_layer(layer, os.strerror(error.errno or 0)) from error
    if entry.size_bytes != layer.descriptor.size_bytes:
        raise missing_layer(layer, "its size has changed")
    return entry


def missing_layer(layer: Layer, reason: str) -> BuildError:
    return BuildError(
        f"a layer's file cannot be used: {reason}", where=str(layer.path), hint="build the image again"
    )


def index_bytes(image: Image | ImageIndex, reference: Reference) -> bytes:
    """Annotated as `docker save` does it since 25: the tag for OCI tools, the full name for containerd."""
    listed = Descriptor(
        media_type=image.descriptor.media_type,
        digest=image.descriptor.digest,
        size_bytes=image.descriptor.size_bytes,
        platform=image.descriptor.platform,
        annotations=((ANNOTATION_CONTAINERD_NAME, reference.full), (ANNOTATION_REF_NAME, reference.tag)),
    )
    return canonical_json({"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": [listed.to_json()]})


def docker_manifest_bytes(image: Image, reference: Reference) -> bytes:
    return canonical_json(
        [
            {
                "Config": blob_path(image.config_descriptor.digest),
                "RepoTags": [str(reference)],
                "Layers": [blob_path(layer.descriptor.digest) for layer in image.layers],
            }
        ]
    )


def known_layers(image: Image, present: Iterable[Sequence[str]]) -> frozenset[Digest]:
    """Blobs that Docker's classic storage has already, for `skip`.

    `present` holds the diff IDs of each image there (`docker image inspect`, RootFS.Layers). A layer counts
    only together with all below it: Docker finds layers by the chain, not by themselves.
    """
    wanted = [str(layer.diff_id) for layer in image.layers]
    longest = max((common(wanted, chain) for chain in present), default=0)
    needed = {layer.descriptor.digest for layer in image.layers[longest:]}
    return frozenset(layer.descriptor.digest for layer in image.layers[:longest]) - needed


def common(wanted: Sequence[str], chain: Sequence[str]) -> int:
    count = 0
    for one, other in zip(wanted, chain, strict=False):
        if one != other:
            break
        count += 1
    return count
