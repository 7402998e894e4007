"""Debian packages that are added to a base image: which, what they put into it, and who owns what then."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from okamochi.build.components import IMAGE_WHEEL, Component, deb_component
from okamochi.build.frame import LAYER_FORMAT
from okamochi.errors import PlanError
from okamochi.model.lock import LockedDeb
from okamochi.oci.entry import Entry
from okamochi.oci.packing import LayerRequest, Part
from okamochi.oci.platform import Platform
from okamochi.system.world import World
from okamochi.workflows.layers.base_image import BaseImage

__all__ = ["added_layer", "added_owners", "debs_upon", "image_wheels", "replaced_components"]

# Where nothing comes from an archive, there is no instant of one.
NO_INSTANT = "1970-01-01T00:00:00Z"


def debs_upon(
    world: World, base: BaseImage, platform: Platform, wanted: Sequence[str]
) -> tuple[tuple[LockedDeb, ...], str]:
    """What the image lacks of these and what they need, from its own suite; the archive's instant.

    PlanError when the image is of no suite that okamochi knows, and lacks something."""
    present = {one["package"] for one in base.packages}
    missing = sorted({*wanted} - present)
    if not missing:
        return (), NO_INSTANT
    suite = base.suite
    if suite is None:
        raise lacking(base, missing)
    from okamochi.debian.archives import resolve_added

    with world.reporter.step(f"Base: choosing packages of Debian {suite.name}"):
        found = resolve_added(
            world, suite=suite.name, platform=platform, packages=tuple(missing), installed=base.packages
        )
    return found.debs, found.snapshot


def lacking(base: BaseImage, missing: Sequence[str]) -> PlanError:
    system = base.system.get("PRETTY_NAME") or "a system that does not say its name"
    return PlanError(
        f"the image {base.locked.name} lacks Debian packages that the app needs: {', '.join(missing)}",
        where="base.packages",
        details=(f"it is made of {system}, from which okamochi adds no packages",),
        hint='choose a base that has them ([tool.okamochi] base), or base = "debian", which fetches them',
    )


def added_layer(
    world: World, base: BaseImage, debs: Sequence[LockedDeb], platform: Platform, snapshot: str
) -> LayerRequest:
    from okamochi.debian.rules import tree_key

    key = f"image-packages {LAYER_FORMAT} {base.locked.manifest} {tree_key(debs, platform)}"

    def entries() -> Iterable[Entry]:
        from okamochi.debian.laid_tree import laid_tree

        return laid_tree(world, debs, platform, base.ground, snapshot=snapshot).entries

    return LayerRequest(parts=(Part(key=key, entries=entries),), comment="base: added packages")


def replaced_components(of_image: Sequence[Component], debs: Sequence[LockedDeb]) -> tuple[Component, ...]:
    """The image's components, with the added packages in the place of older ones."""
    added = {deb.name: deb_component(deb) for deb in debs}
    kept = (one for one in of_image if one.kind != "deb" or one.name not in added)
    return (*kept, *added.values())


def added_owners(
    world: World, base: BaseImage, debs: Sequence[LockedDeb], platform: Platform, snapshot: str
) -> Mapping[str, str]:
    """Which package has each file that was added."""
    from okamochi.debian.laid_tree import laid_tree

    if not debs:
        return {}
    tree = laid_tree(world, debs, platform, base.ground, snapshot=snapshot)
    return {entry.path: entry.owner for entry in tree.entries if entry.owner.startswith("deb:")}


def image_wheels(base: BaseImage, library: str) -> Iterator[Component]:
    """What is installed beside the image's own Python: pip, mostly."""
    from email.parser import HeaderParser

    from packaging.utils import canonicalize_name

    site = f"{library}/site-packages"
    for folder in base.names(site, ".dist-info"):
        said = HeaderParser().parsestr(base.text(f"{site}/{folder}/METADATA"), headersonly=True)
        if said["Name"] is None:
            continue
        name = canonicalize_name(str(said["Name"]))
        yield Component(kind="wheel", name=name, version=str(said["Version"]), owner=f"{IMAGE_WHEEL}:{name}")
