"""Reads what `docker save` and `podman save` write: a tar with a configuration and layers.

Layers, mostly uncompressed, are compressed as our own are: one image gives the same bytes on any machine.
"""

import json
import os
import posixpath
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from okamochi.errors import BuildError
from okamochi.oci.canonical_json import canonical_json, json_object
from okamochi.oci.descriptor import Descriptor
from okamochi.oci.digest import Digest
from okamochi.oci.gzip_members import DEFAULT_LEVEL, MEMBER_BYTES, compressed_members
from okamochi.oci.image import Image, StoredBytes
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.layer import Layer
from okamochi.oci.layout import members
from okamochi.oci.media_types import IMAGE_CONFIG, IMAGE_MANIFEST, LAYER_GZIP
from okamochi.system.archive_damages import archive_damages
from okamochi.system.tables import table_of

__all__ = ["read_saved"]

SMALL_FILE_LIMIT_BYTES = 16 * 2**20
MOST_LAYERS = 200
MOST_LINKS = 8
GZIP = b"\x1f\x8b"
COPY_BYTES = 2**20


class BlobStore(Protocol):
    """What reading needs of `okamochi.system.cache.Cache`."""

    def put_stream(self, write: Callable[[BinaryIO], None]) -> tuple[str, int, Path]: ...


def read_saved(stream: BinaryIO, store: BlobStore, *, where: str) -> Image:
    """The archive's only image, its configuration as it is. BuildError for an archive of another kind, or one
    whose layers are not what its configuration says."""
    try:
        with tarfile.open(fileobj=stream, mode="r:") as tar:
            return Saved(tar, store, where).image()
    except archive_damages() as error:
        raise damaged(f"it is no archive of an image: {error}", where) from error


class Saved:
    """Members are looked up by name and never laid anywhere."""

    def __init__(self, tar: tarfile.TarFile, store: BlobStore, where: str) -> None:
        self.tar, self.store, self.where = tar, store, where

    def image(self) -> Image:
        try:
            (entry,) = json.loads(self.small("manifest.json"))
            config_path, paths = str(entry["Config"]), [str(one) for one in entry["Layers"]]
        except (ValueError, TypeError, KeyError) as error:
            raise damaged("its manifest.json names no single image", self.where) from error
        config_bytes = self.small(config_path)
        rootfs = table_of(json_object(config_bytes, where=self.where), "rootfs")
        diff_ids = members(rootfs, "diff_ids", self.where)
        if not 0 < len(paths) <= MOST_LAYERS or len(paths) != len(diff_ids):
            raise damaged(f"{len(paths)} layers, but {len(diff_ids)} diff IDs", self.where)
        pairs = zip(paths, diff_ids, strict=True)
        with ThreadPoolExecutor(os.cpu_count() or 1, "compress") as pool:
            layers = tuple(self.layer(path, Digest.parse(str(diff_id)), pool) for path, diff_id in pairs)
        config = ImageConfig.read(config_bytes, where=self.where)
        return Image(
            config=config,
            layers=layers,
            stored=StoredBytes(config=config_bytes, manifest=manifest_of(config_bytes, layers)),
        )

    def layer(self, path: str, diff_id: Digest, pool: ThreadPoolExecutor) -> Layer:
        total = sha256()

        def write(into: BinaryIO) -> None:
            with self.opened(path) as content:
                if self.begins_with_gzip(content):
                    for piece in pieces_of(content, COPY_BYTES):
                        into.write(piece)
                    return
                chunks = pieces_of(content, MEMBER_BYTES)
                for chunk, member in compressed_members(chunks, level=DEFAULT_LEVEL, pool=pool):
                    total.update(chunk)
                    into.write(member)
            if total.hexdigest() != diff_id.hex:
                raise damaged(f"the layer {diff_id} has other content", self.where)

        digest, size_bytes, place = self.store.put_stream(write)
        described = Descriptor(
            media_type=LAYER_GZIP, digest=Digest.parse(f"sha256:{digest}"), size_bytes=size_bytes
        )
        return Layer(descriptor=described, diff_id=diff_id, path=place, comment="base image")

    def begins_with_gzip(self, content: BinaryIO) -> bool:
        """Then what it holds is checked when it is unpacked, as that of any base."""
        begins = content.read(len(GZIP)) == GZIP
        content.seek(0)
        return begins

    def small(self, path: str) -> bytes:
        with self.opened(path) as stream:
            content = stream.read(SMALL_FILE_LIMIT_BYTES + 1)
        if len(content) > SMALL_FILE_LIMIT_BYTES:
            raise damaged(f"{path} is too large", self.where)
        return content

    def opened(self, path: str) -> BinaryIO:
        """A regular member; Docker writes a layer that two images share as a link within the archive."""
        for _ in range(MOST_LINKS):
            try:
                member = self.tar.getmember(path)
            except KeyError:
                break
            if member.issym() or member.islnk():
                folder = posixpath.dirname(path) if member.issym() else ""
                path = posixpath.normpath(posixpath.join(folder, member.linkname))
                continue
            stream = self.tar.extractfile(member)
            if stream is not None:
                return stream  # type: ignore[return-value]
            break
        raise damaged(f"it lacks {path}", self.where)


def manifest_of(config_bytes: bytes, layers: tuple[Layer, ...]) -> bytes:
    return canonical_json(
        {
            "schemaVersion": 2,
            "mediaType": IMAGE_MANIFEST,
            "config": Descriptor.of(IMAGE_CONFIG, config_bytes).to_json(),
            "layers": [layer.descriptor.to_json() for layer in layers],
        }
    )


def pieces_of(stream: BinaryIO, size_bytes: int) -> Iterator[bytes]:
    while piece := stream.read(size_bytes):
        yield piece


def damaged(reason: str, where: str) -> BuildError:
    return BuildError(f"the saved image cannot be read: {reason}", where=where, hint="make that image again")
