"""Base images of this machine: found in an OCI layout or an engine, and taken into the cache."""

from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from okamochi.errors import OkamochiError, PlanError
from okamochi.model.local_base import LocalBase
from okamochi.model.lock import LockedImage
from okamochi.oci.digest import Digest
from okamochi.oci.image import Image
from okamochi.oci.layer import Layer
from okamochi.oci.layout import listed_images
from okamochi.oci.media_types import DOCKER_LAYER_GZIP, LAYER_GZIP
from okamochi.oci.platform import Platform
from okamochi.run.command_line import CommandLineEngine
from okamochi.run.engines import engine_named
from okamochi.system.world import World

__all__ = ["found_locally", "taken_in"]

COPY_BYTES = 2**20


def found_locally(world: World, base: LocalBase, platform: Platform, project: Path) -> tuple[Digest, Image]:
    """What the name stands for: its digest (an engine's image ID, what a layout lists) and the image with its
    layers in the cache. PlanError when it is not there, or not for the platform."""
    with world.reporter.step(f"Base: reading {base.told}"):
        if base.engine:
            image = saved_by_engine(world, base)
            digest = image.image_id
        else:
            digest, image = listed_once(base, platform, project)
            image = replace(image, layers=tuple(in_cache(world, base, layer) for layer in image.layers))
    if image.config.platform != platform:
        raise missing(base, f"it is for {image.config.platform}, not for {platform}")
    return digest, image


def taken_in(world: World, base: LocalBase, locked: LockedImage, platform: Platform, project: Path) -> Image:
    """The image that the lock names. PlanError when there is another one now."""
    _, image = found_locally(world, base, platform, project)
    if str(image.digest) != locked.manifest:
        raise PlanError(
            f"{base.told} is not the one that okamochi.lock names",
            where="okamochi.lock",
            hint="run 'okamochi lock --upgrade' to take the one that is there now",
            details=(f"{locked.manifest} is locked", f"{image.digest} is there"),
        )
    return image


def saved_by_engine(world: World, base: LocalBase) -> Image:
    from okamochi.oci.saved_archive import read_saved

    engine = engine_named(base.engine, world)
    assert isinstance(engine, CommandLineEngine)
    engine.facts()  # says why when it does not answer
    if not engine.has(base.place):
        raise missing(base, "the engine has no such image")
    with world.cache.temporary() as folder:
        archive = folder / "saved.tar"
        with archive.open("wb") as into:
            engine.save(base.place, into)
        with archive.open("rb") as stream:
            return read_saved(stream, world.cache, where=f"{base.engine}:{base.place}")


def listed_once(base: LocalBase, platform: Platform, project: Path) -> tuple[Digest, Image]:
    """The layout's only image for the platform, or that of its tag."""
    try:
        listed = listed_images(project / base.place, reference=base.tag or None)
    except OkamochiError as error:
        raise PlanError(error.message, where=error.where, hint=error.hint) from error
    fitting = {image.digest: (digest, image) for digest, image in listed if image.config.platform == platform}
    if len(fitting) > 1:
        raise missing(base, f"it has {len(fitting)} images for {platform}", "name one: layout:DIR:TAG")
    if not fitting:
        offered = ", ".join(sorted({str(image.config.platform) for _, image in listed}))
        raise missing(base, f"it has none for {platform}, but for {offered or 'no platform at all'}")
    (only,) = fitting.values()
    return only


def in_cache(world: World, base: LocalBase, layer: Layer) -> Layer:
    """BuildError or RegistryError for a blob that is not as its descriptor says."""
    descriptor = layer.descriptor
    if descriptor.media_type not in (LAYER_GZIP, DOCKER_LAYER_GZIP):
        raise missing(base, f"a layer is of the kind {descriptor.media_type[:100]!r}, only gzip is read")

    if not layer.path.is_file():
        raise missing(base, "a layer is missing, or is no file")

    def copy(into: BinaryIO) -> None:
        with layer.path.open("rb") as stream:
            while piece := stream.read(COPY_BYTES):
                into.write(piece)

    try:
        _, size_bytes, path = world.cache.put_stream(copy, sha256=descriptor.digest.hex)
    except OSError as error:
        raise missing(base, f"a layer cannot be read: {error.strerror}") from error
    if size_bytes != descriptor.size_bytes:
        raise missing(base, f"a layer has {size_bytes:,} bytes, not {descriptor.size_bytes:,}")
    described = replace(descriptor, media_type=LAYER_GZIP, platform=None, annotations=())
    return replace(layer, descriptor=described, path=path, comment="base image")


def missing(base: LocalBase, reason: str, hint: str = "") -> PlanError:
    return PlanError(
        f"{base.told} cannot be the base: {reason}",
        where="base.image",
        hint=hint
        or "check the setting base, or make that image first; 'okamochi plan' shows where it is set",
    )
