"""The layers below the app on a base image: the image's own as they are, then what they lack, wheels, kit."""

from okamochi.build.components import foundation_components
from okamochi.build.grouping import wheel_groups
from okamochi.build.layers import compile_above, kit_layer, wheel_layer
from okamochi.workflows.from_source.held_back import newest_wheels
from okamochi.workflows.layers.foundation import LaidFoundation, packed, trees_of
from okamochi.workflows.layers.image_packages import added_layer, replaced_components
from okamochi.workflows.layers.image_toolchain import ImageToolchain, image_components, own_layer
from okamochi.workflows.layers.native import complete_base
from okamochi.workflows.locking.lock import LockSession

__all__ = ["lay_on_image"]

BASE_NAME = "org.opencontainers.image.base.name"
BASE_DIGEST = "org.opencontainers.image.base.digest"


def lay_on_image(session: LockSession, *, shares: int) -> LaidFoundation:
    """Debian packages that the image lacks are added from its own suite. PlanError when it lacks its Python
    or glibc, or is of a system from which nothing can be added."""
    world = session.world
    plan = session.planned.plan
    locked = session.image()
    assert locked is not None
    toolchain = ImageToolchain(world, locked, session.platform, plan.python_version, session.planned.root)
    base = toolchain.base()
    toolchain.python  # noqa: B018  an image without it is told before anything is resolved
    wheels = newest_wheels(session)
    trees = trees_of(session, wheels)
    complete = complete_base(session, session.debs(), trees)
    debs, snapshot = complete.debs, complete.snapshot
    with world.reporter.step("Dependencies: compiling"):
        compile_above(world, toolchain, trees, plan)
    requests = [own_layer(world, toolchain, plan)]
    if debs:
        requests.append(added_layer(world, base, debs, session.platform, snapshot))
    below = len(base.image.layers) + len(requests)
    groups = wheel_groups(trees, below=below, shares=shares)
    requests += [wheel_layer(world, toolchain, group) for group in groups]
    requests.append(kit_layer(world, toolchain, plan))
    title = f"Layers: {f'{len(debs)} packages, ' if debs else ''}dependencies and kit"
    layers = (*base.image.layers, *packed(world, title, requests))
    lock = session.result(debs, snapshot, wheels, complete.native)
    return LaidFoundation(
        toolchain=toolchain,
        layers=layers,
        components=(
            *replaced_components(image_components(toolchain), debs),
            *foundation_components((), trees),
        ),
        locked=next(found for found in lock.platforms if found.platform == str(session.platform)),
        lock=lock,
        environment=base.image.config.env,
        annotations=((BASE_NAME, locked.name), (BASE_DIGEST, locked.manifest)),
    )
