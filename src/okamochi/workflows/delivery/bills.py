"""`okamochi build --sbom`: the bill of materials of the image, in a file or attached to it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from okamochi.errors import BuildError, UsageError
from okamochi.system.environ import of_the_user
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World
from okamochi.workflows.rebuilding.remembered import LOCK_NAME, BuiltImage, lock_content

if TYPE_CHECKING:
    from okamochi.build.inventory import Inventory
    from okamochi.model.lock import Lock
    from okamochi.oci.image import Image

    Writer = Callable[[Image, Inventory, str], bytes]

__all__ = ["bill_documents", "parse_bills"]

FORMATS = ("cyclonedx", "spdx")


class Bill(msgspec.Struct, frozen=True):
    """One document that was asked for; without a file it goes where the image goes."""

    format: str
    file: Path | None


def parse_bills(texts: Sequence[str]) -> tuple[Bill, ...]:
    """UsageError for another format."""
    bills = []
    for text in texts:
        name, colon, place = text.partition(":")
        if name not in FORMATS or (colon and not place):
            raise UsageError(
                f"no such bill of materials: {text!r}",
                where="--sbom",
                hint="use cyclonedx or spdx, each alone or with :FILE",
            )
        bills.append(Bill(name, of_the_user(place) if place else None))
    return tuple(bills)


def bill_documents(
    world: World, bills: Sequence[Bill], built: BuiltImage, project: Path
) -> Iterator[tuple[Bill, str, bytes]]:
    """Each with its media type and its content."""
    if not bills:
        return
    from okamochi.build.cyclonedx import CYCLONEDX, cyclonedx
    from okamochi.build.spdx import SPDX, spdx

    writers: dict[str, tuple[str, Writer]] = {"cyclonedx": (CYCLONEDX, cyclonedx), "spdx": (SPDX, spdx)}
    with world.reporter.step("Bill of materials: reading the image"):
        inventory = inventory_of(world, built, project)
    for bill in bills:
        media_type, writer = writers[bill.format]
        yield bill, media_type, writer(built.image, inventory, built.name)


def inventory_of(world: World, built: BuiltImage, project: Path) -> "Inventory":
    from okamochi.build.inventory import read_inventory
    from okamochi.debian.tree import base_tree

    lock = lock_of(project)
    locked = next((one for one in lock.platforms if one.platform == str(built.platform)), None)
    if locked is not None and locked.image is not None:
        from okamochi.workflows.layers.base_image import base_image
        from okamochi.workflows.layers.image_packages import added_owners
        from okamochi.workflows.layers.image_toolchain import base_owners

        base = base_image(world, locked.image, built.platform, project)
        added = added_owners(world, base, locked.debs, built.platform, lock.snapshot)
        owners = {**base_owners(base), **added}
    else:
        debs = locked.debs if locked is not None else ()
        tree = base_tree(world, debs, built.platform, snapshot=lock.snapshot)
        owners = {entry.path: entry.owner for entry in tree.entries if entry.owner.startswith("deb:")}
    return read_inventory(built.image, built.components, owners)


def lock_of(project: Path) -> "Lock":
    content = lock_content(DiskProject(project.resolve()))
    if content is None:
        raise BuildError(
            f"there is no {LOCK_NAME}, so nobody can say which package a file came from",
            where=str(project / LOCK_NAME),
            hint="make the project's folder writable and build again",
        )
    from okamochi.model.lock_codec import lock_from_json

    return lock_from_json(content, where=LOCK_NAME)
