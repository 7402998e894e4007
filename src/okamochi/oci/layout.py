"""OCI image layouts on disk (image-spec, image-layout.md): write, and read back."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from okamochi.errors import BuildError
from okamochi.oci.canonical_json import canonical_json, json_object
from okamochi.oci.descriptor import Annotations, Descriptor
from okamochi.oci.digest import Digest
from okamochi.oci.image import Image, ImageIndex, StoredBytes
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.layer import Layer
from okamochi.oci.media_types import ANNOTATION_REF_NAME, IMAGE_INDEX, IMAGE_MANIFEST
from okamochi.system.cache_owner import remove_tree
from okamochi.system.files import storage_errors, write_atomic
from okamochi.system.regular_files import regular_bytes
from okamochi.system.tables import table_of

__all__ = [
    "INDEX_FILE",
    "LAYOUT_FILE",
    "LAYOUT_VERSION",
    "blob_path",
    "check_layout_folder",
    "is_artifact",
    "listed_entries",
    "listed_images",
    "locked",
    "members",
    "open_descriptor",
    "read_blob",
    "write_blob",
    "write_index",
    "write_layout",
]

LAYOUT_FILE = "oci-layout"
INDEX_FILE = "index.json"
SMALL_LIMIT_BYTES = 16 * 2**20
LAYOUT_VERSION = canonical_json({"imageLayoutVersion": "1.0.0"})


def blob_path(digest: Digest) -> str:
    """Relative to the layout."""
    return f"blobs/sha256/{digest.hex}"


def write_layout(image: Image | ImageIndex, folder: Path, *, reference: str | None = None) -> Digest:
    """Add the image to the layout in `folder`, making it if need be; returns the digest it is listed under.

    A former image of the same `reference` (the ref.name annotation) leaves the index; its blobs stay.
    The index is replaced last and whole, so that readers and a killed run find the old state or the new.
    BuildError when the folder holds something that is no layout; StorageError when it cannot be written.
    """
    with storage_errors(folder, hint=f"make {folder} writable, or free some space there"):
        check_layout_folder(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):
            prepare(folder)
            for each in image.images:
                write_blobs(each, folder)
            if isinstance(image, ImageIndex):
                write_blob(folder, image.digest, image.index_bytes)
            write_index(folder, with_entry(listed_entries(folder), named(image.descriptor, reference)))
    return image.digest


def check_layout_folder(folder: Path) -> None:
    """BuildError when `folder` holds something that is no layout, StorageError when nobody may look: asked
    before a build is spent on it."""
    with storage_errors(folder, hint="name a folder that you may read and write"):
        _check_layout_folder(folder)


def _check_layout_folder(folder: Path) -> None:
    try:
        names = [one.name for one in folder.iterdir()]
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise foreign(folder) from None
    if LAYOUT_FILE not in names and not all(map(unfinished, names)):
        raise foreign(folder)


def unfinished(name: str) -> bool:
    """What a killed run leaves behind when it got no further than the first file."""
    return name.startswith(f".{LAYOUT_FILE}.")


def prepare(folder: Path) -> None:
    """Begin a layout in an empty folder; refuse what is there and no layout, before anything is touched."""
    if not (folder / LAYOUT_FILE).exists():
        check_layout_folder(folder)
        write_atomic(folder / LAYOUT_FILE, LAYOUT_VERSION)
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    for path in blobs.glob(".*"):  # unfinished, from a run that was killed: others wait for the lock
        remove_tree(path)


def foreign(folder: Path) -> BuildError:
    return BuildError(
        "this is neither empty nor an OCI image layout, so nothing was written",
        where=str(folder),
        hint="name a folder that does not exist yet, or an existing layout",
    )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Held against other writers of the index; the kernel lets go when a process dies."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_blobs(image: Image, folder: Path) -> None:
    for layer in image.layers:
        place_blob(folder, layer.descriptor, layer.path)
    write_blob(folder, image.config_descriptor.digest, image.config_bytes)
    write_blob(folder, image.digest, image.manifest_bytes)


def write_blob(folder: Path, digest: Digest, content: bytes) -> None:
    path = folder / blob_path(digest)
    if not path.exists() or path.read_bytes() != content:
        # a blob's name says what it must hold, and the layers are links into a cache that forces nothing
        # to the disk either
        write_atomic(path, content, durable=False)


def place_blob(folder: Path, descriptor: Descriptor, source: Path) -> None:
    """A hard link where the file system allows (blobs are immutable), else a copy; renamed into place."""
    path = folder / blob_path(descriptor.digest)
    if path.exists() and path.stat().st_size == descriptor.size_bytes:
        return
    new = path.parent / f".new-{os.urandom(8).hex()}"
    try:
        link_or_copy(source, new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)  # it stays when the old one is the same file


def link_or_copy(source: Path, to: Path) -> None:
    try:
        os.link(source, to)
    except OSError:  # another file system, or one without hard links
        import shutil

        shutil.copyfile(source, to)
        with to.open("rb") as stream:
            os.fsync(stream.fileno())


def named(descriptor: Descriptor, reference: str | None) -> Descriptor:
    annotations: Annotations = () if reference is None else ((ANNOTATION_REF_NAME, reference),)
    return replace(descriptor, annotations=annotations)


def with_entry(listed: list[tuple[object, Descriptor]], new: Descriptor) -> list[object]:
    """The raw entries as they stand there, with `new` in the place of the one that it replaces, or last."""
    entries = [new.to_json() if replaces(new, old) else raw for raw, old in listed]
    return entries if any(replaces(new, old) for _, old in listed) else [*entries, new.to_json()]


def replaces(new: Descriptor, old: Descriptor) -> bool:
    """Same name; or, when both are without a name, same image."""
    name, old_name = (dict(each.annotations).get(ANNOTATION_REF_NAME) for each in (new, old))
    return name == old_name and (name is not None or new.digest == old.digest)


def listed_entries(folder: Path) -> list[tuple[object, Descriptor]]:
    """The index's entries, raw and parsed. Empty when a killed run left a layout without an index."""
    path = folder / INDEX_FILE
    if not path.exists():
        return []
    content = regular_bytes(path, limit_bytes=SMALL_LIMIT_BYTES) or b""
    entries = json_object(content, where=str(path)).get("manifests")
    if not isinstance(entries, list):
        raise BuildError(
            "the index lists no manifests", where=str(path), hint="it is damaged; make a new layout"
        )
    return [(entry, Descriptor.read(entry, where=str(path))) for entry in entries]


def write_index(folder: Path, entries: list[object]) -> None:
    content = canonical_json({"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": entries})
    path = folder / INDEX_FILE
    if not path.exists() or path.read_bytes() != content:
        write_atomic(path, content)


def listed_images(folder: Path, *, reference: str | None = None) -> tuple[tuple[Digest, Image], ...]:
    """The images that the index lists (those named `reference`, if given), with nested indexes opened; each
    with the digest that the index lists it under: its own, or that of its index.

    Their bytes are as stored. BuildError when the folder is no layout or a blob is missing or damaged;
    layers are not read.
    """
    if not (folder / LAYOUT_FILE).is_file():
        raise BuildError("not an OCI image layout", where=str(folder), hint=f"it has no {LAYOUT_FILE} file")
    wanted = [
        descriptor
        for raw, descriptor in listed_entries(folder)
        if not is_artifact(raw)
        and (reference is None or (ANNOTATION_REF_NAME, reference) in descriptor.annotations)
    ]
    return tuple(
        (descriptor.digest, image) for descriptor in wanted for image in open_descriptor(folder, descriptor)
    )


def is_artifact(raw: object) -> bool:
    """A document about an image (see `okamochi.oci.artifact`), no image itself."""
    return isinstance(raw, dict) and "artifactType" in raw


def open_descriptor(folder: Path, descriptor: Descriptor, depth: int = 0) -> Iterator[Image]:
    content = read_blob(folder, descriptor)
    where = str(folder / blob_path(descriptor.digest))
    if descriptor.media_type == IMAGE_MANIFEST:
        yield read_image(folder, content, where)
    elif descriptor.media_type == IMAGE_INDEX and depth < 4:
        for entry in members(json_object(content, where=where), "manifests", where):
            yield from open_descriptor(folder, Descriptor.read(entry, where=where), depth + 1)
    else:
        raise BuildError(
            f"okamochi does not read {descriptor.media_type!r}", where=where, hint="use an OCI image layout"
        )


def read_image(folder: Path, manifest_bytes: bytes, where: str) -> Image:
    manifest = json_object(manifest_bytes, where=where)
    described = Descriptor.read(manifest.get("config"), where=where)
    config_bytes = read_blob(folder, described)
    config_where = str(folder / blob_path(described.digest))
    rootfs = table_of(json_object(config_bytes, where=config_where), "rootfs")
    diff_ids = members(rootfs, "diff_ids", config_where)
    entries = members(manifest, "layers", where)
    if len(diff_ids) != len(entries):
        raise BuildError(
            f"{len(entries)} layers, but {len(diff_ids)} diff IDs", where=where, hint="make the layout again"
        )
    return Image(
        config=ImageConfig.read(config_bytes, where=config_where),
        layers=tuple(
            stored_layer(folder, Descriptor.read(entry, where=where), str(diff_id))
            for entry, diff_id in zip(entries, diff_ids, strict=True)
        ),
        annotations=tuple(sorted(string_pairs(manifest.get("annotations")))),
        stored=StoredBytes(config=config_bytes, manifest=manifest_bytes),
    )


def stored_layer(folder: Path, descriptor: Descriptor, diff_id: str) -> Layer:
    return Layer(
        descriptor=descriptor, diff_id=Digest.parse(diff_id), path=folder / blob_path(descriptor.digest)
    )


def string_pairs(value: object) -> list[tuple[str, str]]:
    return [(str(key), str(item)) for key, item in value.items()] if isinstance(value, dict) else []


def members(value: dict[str, object], name: str, where: str) -> list[object]:
    found = value.get(name)
    if not isinstance(found, list):
        raise BuildError(
            f"{name} is not a list", where=where, hint="the blob is damaged; make the layout again"
        )
    return found


def read_blob(folder: Path, descriptor: Descriptor) -> bytes:
    """A small blob, checked. BuildError when it is absent or not what its descriptor says."""
    path = folder / blob_path(descriptor.digest)
    content = regular_bytes(path, limit_bytes=SMALL_LIMIT_BYTES)
    if content is None:
        raise BuildError(
            f"a blob is missing, or no file of {SMALL_LIMIT_BYTES:,} bytes at most that may be read",
            where=str(path),
            hint="make the layout again",
        )
    if len(content) != descriptor.size_bytes or Digest.of(content) != descriptor.digest:
        raise BuildError("a blob is damaged", where=str(path), hint="make the layout again")
    return content
