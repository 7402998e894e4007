"""The layers below the app on a base image: the image's own as they are, then what they lack, wheels, kit."""

from okamochi.build.components import foundation_components
from okamochi.build.grouping import wheel_groups
from okamochi.build.layers import compile_wheels, kit_layer, wheel_layer
from okamochi.build.native import native_scan
from okamochi.errors import PlanError
from okamochi.system.world import World
from okamochi.workflows.base_image import missing_packages
from okamochi.workflows.foundation import LaidFoundation, packed, trees_of
from okamochi.workflows.image_toolchain import ImageToolchain, image_components, own_layer
from okamochi.workflows.lock import NO_INSTANT, LockSession
from okamochi.workflows.native import Finder

__all__ = ["lay_on_image"]

BASE_NAME = "org.opencontainers.image.base.name"
BASE_DIGEST = "org.opencontainers.image.base.digest"


def lay_on_image(world: World, session: LockSession) -> LaidFoundation:
    """PlanError when the image lacks what the plan asks for: its Python, glibc, Debian packages."""
    plan = session.planned.plan
    locked = session.image()
    assert locked is not None
    toolchain = ImageToolchain(world, locked, session.platform, plan.python_version)
    base = toolchain.base()
    toolchain.python  # noqa: B018  an image without it is told before anything is resolved
    wheels = session.wheels()
    trees = trees_of(world, session, wheels)
    with world.reporter.step("Native libraries: looking for what wheels need"):
        native = Finder(world, session).packages(native_scan(world, trees, plan.native))
    needed = (*plan.base.packages, *(one.name for one in native if one.name))
    missing = missing_packages(base, needed)
    if missing:
        raise PlanError(
            f"the image {locked.name} lacks Debian packages that the app needs: {', '.join(missing)}",
            where="base.packages",
            details=tuple(f"{one.name}: {one.needs[0].evidence}" for one in native if one.name in missing),
            hint='choose a base that has them ([tool.okamochi] base), or base = "debian", which fetches them',
        )
    with world.reporter.step("Dependencies: compiling"):
        compile_wheels(world, toolchain, trees)
    requests = [own_layer(world, toolchain, plan)]
    requests += [wheel_layer(world, toolchain, group) for group in wheel_groups(trees)]
    requests.append(kit_layer(world, toolchain, plan))
    layers = (*base.image.layers, *packed(world, "Layers: dependencies and kit", requests))
    lock = session.result((), NO_INSTANT, wheels, native)
    return LaidFoundation(
        toolchain=toolchain,
        layers=layers,
        components=(*image_components(toolchain), *foundation_components((), trees)),
        locked=next(found for found in lock.platforms if found.platform == str(session.platform)),
        lock=lock,
        environment=base.image.config.env,
        annotations=((BASE_NAME, locked.name), (BASE_DIGEST, locked.manifest)),
    )
