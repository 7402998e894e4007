"""What an image consists of, by name, version and digest."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from okamochi import __version__
from okamochi.model.lock import LockedDeb
from okamochi.model.plan import Plan

if TYPE_CHECKING:
    from okamochi.pypi.wheel_tree import WheelTree

__all__ = ["IMAGE_WHEEL", "Component", "app_component", "deb_component", "foundation_components"]

IMAGE_WHEEL = "image-wheel"
"""How entries name the owner of what a base image has beside its Python; the app's wheels are "wheel:"."""


class Component(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`kind` is image (a base image), deb, wheel, kit or app. `owner` is how the image's entries name it.
    `sha256` is the package's own digest, empty for kit and app."""

    kind: str
    name: str
    version: str
    owner: str
    sha256: str = ""


def foundation_components(debs: Iterable[LockedDeb], trees: "Iterable[WheelTree]") -> tuple[Component, ...]:
    """In the order of the layers. With the app's own, every path of the image belongs to one of them."""
    return (
        *(deb_component(deb) for deb in debs),
        *(wheel_component(tree) for tree in trees),
        # what stands in for maintainer scripts, and the frame of the virtual environment
        Component(kind="kit", name="okamochi-base", version=__version__, owner="base"),
        Component(kind="kit", name="okamochi", version=__version__, owner="kit"),
    )


def app_component(plan: Plan) -> Component:
    return Component(kind="app", name=plan.name, version="", owner="app")


def deb_component(deb: LockedDeb) -> Component:
    return Component(
        kind="deb", name=deb.name, version=deb.version, owner=f"deb:{deb.name}", sha256=deb.sha256
    )


def wheel_component(tree: "WheelTree") -> Component:
    wheel = tree.wheel
    return Component(
        kind="wheel", name=wheel.name, version=wheel.version, owner=tree.owner, sha256=wheel.sha256
    )
