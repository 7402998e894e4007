"""An image from a registry, its mirrors first: resolved for a platform, every digest and size checked."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from msgspec.structs import replace

from okamochi.errors import BuildError, RegistryError, TransientRegistryError
from okamochi.oci.canonical_json import json_object
from okamochi.oci.descriptor import Descriptor
from okamochi.oci.digest import Digest
from okamochi.oci.image import Image, StoredBytes
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.layer import Layer
from okamochi.oci.layout import members
from okamochi.oci.media_types import DOCKER_INDEX, DOCKER_LAYER_GZIP, IMAGE_INDEX, LAYER_GZIP
from okamochi.oci.platform import Platform
from okamochi.oci.reference import Reference
from okamochi.oci.registry.registries import Registries
from okamochi.oci.registry.repository import MANIFEST_LIMIT_BYTES, Repository, StoredManifest
from okamochi.system.tables import table_of

__all__ = ["pull_image", "resolve_image"]

Answer = TypeVar("Answer")
DOWNLOADS = 4
MOST_LAYERS = 200
LAYER_LIMIT_BYTES = 8_000_000_000
INDEXES = (IMAGE_INDEX, DOCKER_INDEX)


class BlobStore(Protocol):
    """What pulling needs of `okamochi.system.cache.Cache`."""

    def put_stream(
        self, write: Callable[[BinaryIO], None], *, sha256: str | None = None
    ) -> tuple[str, int, Path]: ...


@dataclass(frozen=True, slots=True)
class Resolved:
    """`named` is the digest of what the reference names, an index or an image; `manifest` is the image's for
    the platform that was asked for."""

    named: Digest
    manifest: Digest


def resolve_image(registries: Registries, reference: Reference, platform: Platform) -> Resolved:
    """RegistryError when the image is not there, or not for this platform."""

    def resolve(repository: Repository) -> Resolved:
        stored = named_manifest(repository, reference)
        return Resolved(
            stored.descriptor.digest, image_manifest(repository, stored, platform).descriptor.digest
        )

    return from_any_source(registries, reference, resolve)


def pull_image(registries: Registries, reference: Reference, platform: Platform, store: BlobStore) -> Image:
    """With its layers in the store, as they are. RegistryError also for a digest, a size or a platform that
    is not as said, and for layers of a kind that is not read."""

    def pull(repository: Repository) -> Image:
        stored = named_manifest(repository, reference)
        return pulled(repository, image_manifest(repository, stored, platform), platform, store)

    return from_any_source(registries, reference, pull)


def from_any_source(
    registries: Registries, reference: Reference, ask: Callable[[Repository], Answer]
) -> Answer:
    """The first that has it; when none does, what the registry itself says, and why its mirrors did not."""
    refusals: list[str] = []
    refused: RegistryError | None = None
    sources = tuple(registries.sources(reference))
    for repository in sources[:-1]:
        try:
            return ask(repository)
        except (RegistryError, BuildError) as error:
            refusals.append(f"mirror {repository.name}: {error.message}")
            passing = isinstance(error, TransientRegistryError) or getattr(error, "status", 0) == 404
            if isinstance(error, RegistryError) and not passing:
                refused = error
    try:
        return ask(sources[-1])
    except BuildError as error:  # what is read as our own files are is malformed
        raise RegistryError(
            error.message,
            where=error.where,
            hint="the registry has a damaged image under this name: choose another one",
            details=(*error.details, *refusals),
        ) from error
    except TransientRegistryError as error:
        if refused is not None:  # the mirror has it, and is all that can be reached
            raise refused from error
        error.details = (*error.details, *refusals)
        raise
    except RegistryError as error:
        error.details = (*error.details, *refusals)
        raise


def named_manifest(repository: Repository, reference: Reference) -> StoredManifest:
    return repository.manifest(str(reference.digest) if reference.digest else reference.tag or "latest")


def image_manifest(repository: Repository, stored: StoredManifest, platform: Platform) -> StoredManifest:
    if stored.media_type not in INDEXES:
        return stored
    where = f"{repository.name}@{stored.descriptor.digest}"
    listed = tuple(listed_images(stored, where))
    found = next((one for one in listed if one.platform == platform), None)
    if found is None:
        offered = ", ".join(sorted({str(one.platform) for one in listed if one.platform}))
        raise RegistryError(
            f"there is no image for {platform} under this name",
            where=where,
            hint=f"it has {offered or 'none at all'}: choose one with --platform, or another base",
        )
    manifest = repository.manifest(str(found.digest))
    if manifest.media_type in INDEXES:
        raise RegistryError("an index within an index", where=where, hint="name the inner one by its digest")
    if len(manifest.content) != found.size_bytes:
        raise RegistryError(
            f"a manifest of {len(manifest.content):,} bytes, which the index says has {found.size_bytes:,}",
            where=f"{repository.name}@{found.digest}",
            hint="the image is damaged: choose another one",
        )
    return manifest


def listed_images(stored: StoredManifest, where: str) -> Iterator[Descriptor]:
    """Without documents about them, which have a platform of no machine or an artifact's type."""
    for entry in members(json_object(stored.content, where=where), "manifests", where):
        if isinstance(entry, dict) and "artifactType" not in entry:
            yield Descriptor.read(entry, where=where)


def pulled(repository: Repository, stored: StoredManifest, platform: Platform, store: BlobStore) -> Image:
    where = f"{repository.name}@{stored.descriptor.digest}"
    manifest = json_object(stored.content, where=where)
    described = Descriptor.read(manifest.get("config"), where=where)
    config_bytes = repository.read_blob(described, limit_bytes=MANIFEST_LIMIT_BYTES)
    config = ImageConfig.read(config_bytes, where=where)
    if config.platform != platform:
        raise RegistryError(
            f"the image is for {config.platform}, not for {platform}",
            where=where,
            hint="choose an image of that platform, or --platform",
        )
    layers = tuple(
        checked_layer(Descriptor.read(one, where=where), where) for one in layers_in(manifest, where)
    )
    rootfs = table_of(json_object(config_bytes, where=where), "rootfs")
    diff_ids = members(rootfs, "diff_ids", where)
    if len(diff_ids) != len(layers):
        raise RegistryError(
            f"{len(layers)} layers, but {len(diff_ids)} diff IDs",
            where=where,
            hint="the image is damaged: choose another one",
        )
    return Image(
        config=config,
        layers=tuple(
            Layer(descriptor=descriptor, diff_id=Digest.parse(str(diff_id)), path=path, comment="base image")
            for descriptor, diff_id, path in zip(
                layers, diff_ids, fetched(repository, layers, store), strict=True
            )
        ),
        stored=StoredBytes(config=config_bytes, manifest=stored.content),
    )


def layers_in(manifest: dict[str, object], where: str) -> list[object]:
    entries = members(manifest, "layers", where)
    if not 0 < len(entries) <= MOST_LAYERS:
        raise RegistryError(
            f"an image of {len(entries)} layers", where=where, hint=f"one to {MOST_LAYERS} make sense"
        )
    return entries


def checked_layer(descriptor: Descriptor, where: str) -> Descriptor:
    """As OCI calls it. Docker's media type is another word for the same bytes."""
    if descriptor.media_type not in (LAYER_GZIP, DOCKER_LAYER_GZIP):
        raise RegistryError(
            f"a layer of the kind {descriptor.media_type[:100]!r}, which is not read",
            where=where,
            hint="choose an image whose layers are compressed with gzip",
        )
    if descriptor.size_bytes > LAYER_LIMIT_BYTES:
        raise RegistryError(
            f"a layer of {descriptor.size_bytes:,} bytes",
            where=where,
            hint=f"at most {LAYER_LIMIT_BYTES:,} are pulled: choose another image",
        )
    return replace(descriptor, media_type=LAYER_GZIP, platform=None, annotations=())


def fetched(repository: Repository, layers: tuple[Descriptor, ...], store: BlobStore) -> list[Path]:
    def fetch(descriptor: Descriptor) -> Path:
        sha256 = descriptor.digest.hex
        _, size_bytes, path = store.put_stream(
            lambda stream: repository.get_blob(descriptor, stream), sha256=sha256
        )
        if size_bytes != descriptor.size_bytes:
            raise RegistryError(
                f"a layer has {size_bytes:,} bytes, not {descriptor.size_bytes:,}",
                where=f"{repository.name}@{descriptor.digest}",
                hint="the image's manifest is damaged: choose another image",
            )
        return path

    with ThreadPoolExecutor(DOWNLOADS, "pull") as pool:
        try:
            return list(pool.map(fetch, layers))
        finally:
            pool.shutdown(cancel_futures=True)
