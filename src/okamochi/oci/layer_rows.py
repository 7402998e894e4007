"""Layers as plain rows, to be remembered between builds; the blobs themselves lie in the cache."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from okamochi.oci.descriptor import Descriptor
from okamochi.oci.digest import Digest
from okamochi.oci.layer import Layer
from okamochi.oci.media_types import LAYER_GZIP

__all__ = ["LayerRow", "layer_rows", "layers_of_rows"]

LayerRow = tuple[str, int, str, str]
"""Digest, size in bytes, diff ID, comment."""


def layer_rows(layers: Iterable[Layer]) -> tuple[LayerRow, ...]:
    return tuple(
        (str(layer.descriptor.digest), layer.descriptor.size_bytes, str(layer.diff_id), layer.comment)
        for layer in layers
    )


def layers_of_rows(rows: Sequence[LayerRow], find: Callable[[str], Path | None]) -> tuple[Layer, ...] | None:
    """The layers; None when `find` (sha256 in hexadecimal → file) does not have one of them any more."""
    layers = []
    for digest, size_bytes, diff_id, comment in rows:
        path = find(Digest.parse(digest).hex)
        if path is None:
            return None
        descriptor = Descriptor(media_type=LAYER_GZIP, digest=Digest.parse(digest), size_bytes=size_bytes)
        layers.append(Layer(descriptor=descriptor, diff_id=Digest.parse(diff_id), path=path, comment=comment))
    return tuple(layers)
