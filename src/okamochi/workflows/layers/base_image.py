"""A base that is an image of a registry: pulled, checked, unpacked; its Python, glibc and packages."""

import hashlib
import io
import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from okamochi.debian.dpkg_status import STATUS
from okamochi.errors import (
    BuildError,
    PlanError,
    RegistryError,
    TransientRegistryError,
    UnfitPythonError,
    UnreachableRegistryError,
)
from okamochi.model.local_base import LocalBase, local_base
from okamochi.model.lock import LockedImage
from okamochi.model.suites import SUITES, Suite
from okamochi.oci.digest import Digest
from okamochi.oci.image import Image, StoredBytes
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.layer import Layer
from okamochi.oci.layer_rows import layer_rows, layers_of_rows
from okamochi.oci.platform import Platform
from okamochi.oci.reference import Reference
from okamochi.run.host.unpack import PieceReader, unpack_layer, within
from okamochi.system.regular_files import regular_text
from okamochi.system.world import World
from okamochi.workflows.delivery.known_places import CachedPlaces
from okamochi.workflows.layers.local_images import found_locally, taken_in

if TYPE_CHECKING:
    from okamochi.debian.laid_tree import Ground
    from okamochi.model.plan import Plan

__all__ = [
    "GROUP",
    "PASSWD",
    "BaseImage",
    "base_image",
    "for_platform",
    "owners_in",
    "resolve_base_image",
    "resolve_for",
]

# Of a base that no folder of the project names.
NOWHERE = Path()
KIND = "base-images"
ROOTS = "image-roots"
PASSWD, GROUP = "etc/passwd", "etc/group"
DPKG_INFO = "var/lib/dpkg/info"
# Files of a root file system compress to about a third; what is packed more tightly is no such thing.
MOST_EXPANSION = 100
LEAST_LIMIT_BYTES = 256 * 2**20
READ_LIMIT_BYTES = 64 * 2**20


def resolve_base_image(world: World, name: str, platform: Platform) -> LockedImage:
    """What the name stands for now. RegistryError when nobody has it; PlanError when no registry answers."""
    from okamochi.oci.registry.pull import resolve_image
    from okamochi.oci.registry.registries import Registries

    registries = Registries.of(world.environ, world.runner, offline=world.offline, once=world.once)
    with world.reporter.step(f"Base: asking for {name}"):
        try:
            found = resolve_image(registries, Reference.parse(name), platform)
        except TransientRegistryError as error:
            error.hint = (
                f"{error.hint}; or set OKAMOCHI_REGISTRY_MIRRORS, or [tool.okamochi] base to a copy of the "
                "image in a registry that answers, or on this machine (docker:NAME, layout:DIR)"
            )
            raise
    return LockedImage(name=name, digest=str(found.named), manifest=str(found.manifest))


def resolve_for(world: World, plan: "Plan", platform: Platform, project: Path) -> LockedImage:
    """The plan's base image, as it stands now. UnfitPythonError when no registry can be reached, and the plan
    has another Python that needs none."""
    if (local := local_base(plan.base.image)) is not None:
        return locked_locally(world, plan.base.image, local, platform, project)
    try:
        return resolve_base_image(world, plan.base.image, platform)
    except RegistryError as error:
        unreached = world.offline or isinstance(error, UnreachableRegistryError)
        if not unreached or not plan.python_alternatives:
            raise
        raise UnfitPythonError(
            f"{plan.base.image} cannot be had here: {error.message}", where=error.where, hint=error.hint
        ) from error


@dataclass(frozen=True)
class BaseImage:
    """`root` are its files, unpacked. Symbolic links lead out of it: `place` follows them inside."""

    image: Image
    locked: LockedImage
    root: Path

    def place(self, path: str) -> Path:
        return within(self.root, path)

    def text(self, path: str) -> str:
        """ "" for what is not there."""
        return regular_text(self.place(path), limit_bytes=READ_LIMIT_BYTES)

    def names(self, folder: str, ending: str) -> tuple[str, ...]:
        """Of what lies in a folder of it and ends so, sorted; links among it are for `text` to follow."""
        place = self.place(folder)
        found = place.iterdir() if place.is_dir() else ()
        return tuple(sorted(one.name for one in found if one.name.endswith(ending)))

    def python(self, version: str) -> str:
        """The interpreter's path below the root, no link: usr/local/bin/python3.12. PlanError without one."""
        path = dict(self.image.config.env).get("PATH", "")
        for folder in (*path.split(":"), "/usr/local/bin", "/usr/bin"):
            if not folder.startswith("/"):
                continue
            name = f"{folder.strip('/')}/python{version}"
            place = self.place(name)
            if place.is_file():
                return place.relative_to(self.root).as_posix()
        raise PlanError(
            f"the image {self.locked.name} has no Python {version}",
            where="base.image",
            hint="choose another one with [tool.okamochi] base, or its Python with python",
        )

    @cached_property
    def packages(self) -> tuple[dict[str, str], ...]:
        """Debian's stanzas of what is installed."""
        from okamochi.debian.control import parse_stanzas

        found = parse_stanzas(self.text(STATUS))
        return tuple(
            one for one in found if one.get("status", "").endswith(" installed") and "version" in one
        )

    @cached_property
    def system(self) -> dict[str, str]:
        """What os-release(5) says, by its names."""
        text = self.text("etc/os-release") or self.text("usr/lib/os-release")
        pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
        return {name: value.strip("\"'") for name, value in pairs}

    @property
    def suite(self) -> Suite | None:
        """Debian's, from which packages can be added; None for a system whose archive nobody here knows."""
        codename = self.system.get("VERSION_CODENAME", "")
        known = (one for one in SUITES if one.name == codename and self.system.get("ID") == "debian")
        return next(known, None)

    @property
    def ground(self) -> "Ground":
        from okamochi.debian.laid_tree import Ground

        return Ground(self.locked.manifest, self.place)

    @property
    def glibc_version(self) -> str:
        """ "2.41": decides which wheels run. PlanError for an image without Debian's or Ubuntu's libc6."""
        version = next((one["version"] for one in self.packages if one.get("package") == "libc6"), "")
        found = re.match(r"(?:\d+:)?(\d+\.\d+)", version)
        if found is None:
            raise PlanError(
                f"the image {self.locked.name} is not made of Debian packages with glibc",
                where="base.image",
                hint="choose a Debian variant, such as python:3.12-slim: wheels of Alpine are others",
            )
        return found[1]


def base_image(world: World, locked: LockedImage, platform: Platform, project: Path = NOWHERE) -> BaseImage:
    """Pulled where the cache lacks it, or read from where it lies on this machine. RegistryError for what is
    not as its digests say; BuildError for a layer that leads out of the root or expands beyond reason."""
    local = local_base(locked.name)
    image = cached_image(world, locked, platform)
    if image is None and local is not None:
        image = taken_in(world, local, locked, platform, project)
        world.cache.put_record(KIND, key_of(locked, platform), row_of(image))
    image = image or pulled(world, locked, platform)
    if local is None:
        remember_places(world, Reference.parse(locked.name), image)

    def make(folder: Path) -> None:
        with world.reporter.step(f"Base: unpacking {locked.name}"):
            for layer in image.layers:
                stream = io.BufferedReader(PieceReader(checked_pieces(layer)), buffer_size=1 << 20)
                unpack_layer(cast(BinaryIO, stream), folder, archive=str(layer.descriptor.digest))
                while stream.read(1 << 20):  # what follows the tar's end is part of the diff ID, too
                    pass
        folder.chmod(0o755)  # another user's programs run in it, whatever our umask is

    key = locked.manifest.partition(":")[2]
    return BaseImage(image, locked, world.cache.folder(ROOTS, key, make))


def for_platform(world: World, locked: LockedImage, platform: Platform, project: Path = NOWHERE) -> BaseImage:
    """The image that the same name, at the same digest, has for another platform."""
    if (local := local_base(locked.name)) is not None:
        other = locked_locally(world, locked.name, local, platform, project)
    else:
        named = f"{locked.name.partition('@')[0]}@{locked.digest}"
        other = resolve_base_image(world, named, platform)
    return base_image(world, other, platform, project)


def locked_locally(
    world: World, name: str, local: LocalBase, platform: Platform, project: Path
) -> LockedImage:
    digest, image = found_locally(world, local, platform, project)
    locked = LockedImage(name=name, digest=str(digest), manifest=str(image.digest))
    world.cache.put_record(KIND, key_of(locked, platform), row_of(image))
    return locked


def pulled(world: World, locked: LockedImage, platform: Platform) -> Image:
    from okamochi.oci.registry.pull import pull_image
    from okamochi.oci.registry.registries import Registries

    registries = Registries.of(world.environ, world.runner, offline=world.offline, once=world.once)
    named = Reference.parse(locked.name).with_digest(Digest.parse(locked.manifest))
    with world.reporter.step(f"Base: pulling {locked.name}"):
        image = pull_image(registries, named, platform, world.cache)
    world.cache.put_record(KIND, key_of(locked, platform), row_of(image))
    return image


def remember_places(world: World, named: Reference, image: Image) -> None:
    """A push to where the image is mounts its layers. A place that has it not does no harm."""
    from okamochi.oci.registry.settings import RegistrySettings

    places = CachedPlaces(world.cache)
    mirrors = RegistrySettings.of(world.environ).mirrors_of(named.registry)
    found = [(named.registry, named.repository)]
    found += [(one.host, one.repository(named.repository)) for one in mirrors]
    for layer in image.layers:
        for registry, repository in found:
            places.add(registry, layer.descriptor.digest, repository)


def cached_image(world: World, locked: LockedImage, platform: Platform) -> Image | None:
    content = world.cache.record(KIND, key_of(locked, platform))
    if content is None:
        return None
    row = json.loads(content)
    layers = layers_of_rows(row["layers"], world.cache.blob)
    config = row["config"].encode()
    if layers is None:
        return None
    stored = StoredBytes(config=config, manifest=row["manifest"].encode())
    return Image(config=ImageConfig.read(config, where=locked.name), layers=layers, stored=stored)


def row_of(image: Image) -> bytes:
    row = {
        "layers": layer_rows(image.layers),
        "config": image.config_bytes.decode(),
        "manifest": image.manifest_bytes.decode(),
    }
    return json.dumps(row).encode()


def key_of(locked: LockedImage, platform: Platform) -> str:
    return f"{locked.manifest} {platform}"


def checked_pieces(layer: Layer) -> Iterator[bytes]:
    """The layer's tar. BuildError when it expands beyond reason, or is not what its diff ID says."""
    limit_bytes = max(LEAST_LIMIT_BYTES, MOST_EXPANSION * layer.descriptor.size_bytes)
    total, size_bytes = hashlib.sha256(), 0
    for piece in layer.uncompressed():
        size_bytes += len(piece)
        if size_bytes > limit_bytes:
            raise BuildError(
                f"a layer of {layer.descriptor.size_bytes:,} bytes expands to more than {limit_bytes:,}",
                where=str(layer.descriptor.digest),
                hint="the base image is damaged or hostile: choose another one",
            )
        total.update(piece)
        yield piece
    if total.hexdigest() != layer.diff_id.hex:
        raise BuildError(
            "a layer of the base image is not what its configuration says (its diff ID differs)",
            where=str(layer.descriptor.digest),
            hint="the base image is damaged: choose another one",
        )


def owners_in(base: BaseImage) -> dict[str, str]:
    """Which component has a path: its Debian package by dpkg's own lists, else the image itself."""
    owners: dict[str, str] = {}
    for listing in base.names(DPKG_INFO, ".list"):
        name = listing.removesuffix(".list").partition(":")[0]
        for line in base.text(f"{DPKG_INFO}/{listing}").splitlines():
            path = line.strip("/")
            folder_name, _, last = path.rpartition("/")
            place = base.place(folder_name) if folder_name else base.root
            real = posixpath.join(place.relative_to(base.root).as_posix(), last).removeprefix("./")
            owners[real] = owners[path] = f"deb:{name}"
    return owners
