"""What a layout claims, and what it holds: each digest, size and diff ID is recomputed."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from okamochi.errors import OkamochiError
from okamochi.oci.canonical_json import json_object
from okamochi.oci.descriptor import Descriptor
from okamochi.oci.digest import Digest
from okamochi.oci.image import Image
from okamochi.oci.layer import Layer
from okamochi.oci.layout import (
    LAYOUT_FILE,
    blob_path,
    is_artifact,
    listed_entries,
    listed_images,
    members,
    open_descriptor,
    read_blob,
)


def read_images(folder: Path, *, reference: str | None = None) -> tuple[Image, ...]:
    return tuple(image for _, image in listed_images(folder, reference=reference))


@dataclass(frozen=True, slots=True, order=True)
class Mismatch:
    """`where` is a file of the layout."""

    where: str
    message: str


def validate_layout(folder: Path) -> tuple[Mismatch, ...]:
    """Every mismatch, sorted; empty when all is as claimed. Reads every layer."""
    found: set[Mismatch] = set()
    if not (folder / LAYOUT_FILE).is_file():
        found.add(Mismatch(str(folder), f"not a layout: it has no {LAYOUT_FILE} file"))
    try:
        entries = listed_entries(folder)
    except OkamochiError as error:
        return (*found, Mismatch(error.where, error.message))
    for raw, descriptor in entries:
        try:
            images = opened(folder, raw, descriptor)
        except OkamochiError as error:
            found.add(Mismatch(error.where, error.message))
            continue
        found.update(mismatch for image in images for mismatch in image_mismatches(image))
    found.update(misnamed_blobs(folder))
    return tuple(sorted(found))


def opened(folder: Path, raw: object, descriptor: Descriptor) -> tuple[Image, ...]:
    """The images of an entry; none for a document about an image, whose blobs are read instead."""
    if not is_artifact(raw):
        return tuple(open_descriptor(folder, descriptor))
    where = str(folder / blob_path(descriptor.digest))
    manifest = json_object(read_blob(folder, descriptor), where=where)
    for entry in (manifest.get("config"), *members(manifest, "layers", where)):
        read_blob(folder, Descriptor.read(entry, where=where))
    return ()


def image_mismatches(image: Image) -> Iterator[Mismatch]:
    for layer in image.layers:
        yield from layer_mismatches(layer)


def layer_mismatches(layer: Layer) -> Iterator[Mismatch]:
    where = str(layer.path)
    if not layer.path.is_file():
        yield Mismatch(where, "the layer is missing")
        return
    size_bytes = layer.path.stat().st_size
    if size_bytes != layer.descriptor.size_bytes:
        yield Mismatch(where, f"the layer has {size_bytes} bytes, not {layer.descriptor.size_bytes}")
    digest = Digest.of_file(layer.path)
    if digest != layer.descriptor.digest:
        yield Mismatch(where, f"the layer's digest is {digest}")
    yield from diff_id_mismatches(layer, where)


def diff_id_mismatches(layer: Layer, where: str) -> Iterator[Mismatch]:
    total = hashlib.sha256()
    try:
        for piece in layer.uncompressed():
            total.update(piece)
    except OkamochiError as error:
        yield Mismatch(where, error.message)
        return
    diff_id = f"sha256:{total.hexdigest()}"
    if diff_id != str(layer.diff_id):
        yield Mismatch(where, f"the layer's diff ID is {diff_id}, not {layer.diff_id}")


def misnamed_blobs(folder: Path) -> Iterator[Mismatch]:
    """Blobs whose content is not what their file name says, listed or not."""
    blobs = folder / "blobs" / "sha256"
    for path in sorted(blobs.iterdir()) if blobs.is_dir() else ():
        if path.name.startswith("."):  # unfinished, from a run that was killed; no reader looks at it
            continue
        digest = Digest.of_file(path) if path.is_file() else None
        if digest is None or path.name != digest.hex:
            yield Mismatch(str(path), "the blob's content is not what its name says")
