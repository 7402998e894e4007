"""The layers below the app: base, wheels, kit; fetched, unpacked, compiled and packed."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from okamochi.build.app_bytecode import Compiles
from okamochi.build.components import Component, foundation_components
from okamochi.build.grouping import wheel_groups
from okamochi.build.layers import base_layer, compile_above, compile_base, kit_layer, wheel_layer
from okamochi.build.toolchain import Toolchain
from okamochi.model.lock import Lock, LockedDeb, LockedPlatform, LockedWheel
from okamochi.model.plan import DependencyManager, Plan
from okamochi.oci.layer import Layer
from okamochi.oci.packing import LayerRequest, pack_layers
from okamochi.pypi.install import wheel_trees
from okamochi.pypi.wheel_tree import WheelTree
from okamochi.system.words import counted
from okamochi.system.world import World
from okamochi.workflows.from_source.held_back import newest_wheels
from okamochi.workflows.layers.native import complete_base
from okamochi.workflows.locking.lock import LockSession

__all__ = ["LaidFoundation", "OnDisk", "Wait", "lay_foundation", "packed", "trees_of", "upper_layers"]


@dataclass(frozen=True)
class LaidFoundation:
    """`lock` says what was used; it is not written yet. A base image has `environment` and `annotations`."""

    toolchain: Compiles
    layers: tuple[Layer, ...]
    components: tuple[Component, ...]
    locked: LockedPlatform
    lock: Lock
    environment: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()


WheelGroups = tuple[tuple[WheelTree, ...], ...]
SOON_SECONDS = 0.5
Wait = Callable[[], object]
OnDisk = Callable[[Compiles, Sequence[LayerRequest], Wait], Wait]
"""Told of layers before they are packed: all files are there, the lowest layer's bytecode, too, and all of it
when the function returns. What is packed next waits for the function that it returns."""


def at_once() -> None:
    """Nobody asks to wait."""


def lay_foundation(
    session: LockSession, on_disk: OnDisk = lambda *_: at_once, *, shares: int
) -> LaidFoundation:
    """Base and dependencies are resolved, fetched and unpacked at the same time. The project's own packages
    join the locked wheels. `shares` are the layers that are kept for the app (see `room_for_shares`)."""
    world = session.world
    plan = session.planned.plan
    world.check_network_settings()
    if plan.base.kind == "image":
        from okamochi.workflows.layers.image_foundation import lay_on_image

        return lay_on_image(session, shares=shares)
    pool, ended, shown = ThreadPoolExecutor(6, "build"), threading.Event(), Future[Wait]()
    try:
        debs = pool.submit(session.debs)
        wheels = pool.submit(newest_wheels, session)
        opened = pool.submit(lambda: open_toolchain(session, *debs.result()))
        standard = pool.submit(compile_when_open, world, opened, ended)
        trees = trees_of(session, wheels.result())
        groups = wheel_groups(trees, shares=shares)
        # Wheels need the base's Python, and no other package of it.
        compiled = pool.submit(lambda: compile_dependencies(world, opened.result(), trees, plan))
        upper = pool.submit(lambda: upper_layers(world, compiled.result(), plan, groups, shown, ended))
        complete = complete_base(session, debs.result(), trees)
        toolchain = opened.result()
        chosen, snapshot = complete.debs, complete.snapshot
        if chosen != toolchain.debs:
            toolchain = open_toolchain(session, chosen, snapshot, near=toolchain)
        standard.result()
        lowest = base_layer(world, toolchain)
        requests = (lowest, *upper_requests(world, toolchain, plan, groups))
        shown.set_result(on_disk(toolchain, requests, compiled.result))
        base = packed(world, f"Base: packing {len(chosen)} packages", [lowest])
        layers = (*base, *upper.result())
    finally:
        ended.set()
        # Without waiting: a requirement that does not resolve is told while the base is still being fetched.
        pool.shutdown(wait=False, cancel_futures=True)
    lock = session.result(chosen, snapshot, wheels.result(), complete.native)
    return LaidFoundation(
        toolchain=toolchain,
        layers=layers,
        components=foundation_components(chosen, trees),
        locked=next(found for found in lock.platforms if found.platform == str(session.platform)),
        lock=lock,
    )


def open_toolchain(
    session: LockSession,
    chosen: tuple[LockedDeb, ...],
    snapshot: str,
    *,
    near: Toolchain | None = None,
) -> Toolchain:
    """With the base unpacked: what is packed next may need its Python. What is in the base of the `near` one
    is taken over."""
    held = near.tree() if near is not None else None
    toolchain = Toolchain(session.world, chosen, session.platform, snapshot, near=held)
    with session.world.reporter.step(f"Base: {len(chosen)} packages"):
        toolchain.tree()
    return toolchain


def compile_when_open(world: World, opened: "Future[Toolchain]", ended: threading.Event) -> None:
    """The standard library, while wheels are fetched; not for a build that has failed meanwhile."""
    toolchain = opened.result()
    if not ended.is_set():
        compile_base(world, toolchain)


def compile_dependencies(
    world: World, toolchain: Toolchain, trees: tuple[WheelTree, ...], plan: Plan
) -> Toolchain:
    with world.reporter.step("Dependencies: compiling"):
        compile_above(world, toolchain, trees, plan)
    return toolchain


def upper_layers(
    world: World,
    toolchain: Toolchain,
    plan: Plan,
    groups: WheelGroups,
    shown: "Future[Wait]",
    ended: threading.Event,
) -> tuple[Layer, ...]:
    """When who was shown the base lets it, but not after packages of the base that take long to come."""
    with suppress(TimeoutError):
        shown.result(SOON_SECONDS)()
    if ended.is_set():
        return ()
    return packed(world, "Layers: dependencies and kit", upper_requests(world, toolchain, plan, groups))


def upper_requests(world: World, toolchain: Toolchain, plan: Plan, groups: WheelGroups) -> list[LayerRequest]:
    wheels = [wheel_layer(world, toolchain, group) for group in groups]
    return [*wheels, kit_layer(world, toolchain, plan)]


def trees_of(session: LockSession, wheels: tuple[LockedWheel, ...]) -> tuple[WheelTree, ...]:
    if any(wheel.built_from is not None for wheel in wheels):
        from okamochi.workflows.from_source.source_builds import build_again

        build_again(session, wheels)
    local = session.local()
    with session.world.reporter.step(f"Dependencies: {counted(len(wheels), 'wheel')}"):
        trees = wheel_trees(
            session.world,
            (*wheels, *(one.wheel for one in local)),
            project_root=session.planned.root,
            dependencies=session.planned.plan.dependencies,
            target=session.target,
            offered=local,
        )
    if session.planned.plan.dependencies.manager is DependencyManager.IMPORTS:
        from okamochi.workflows.mending.other_contents import refuse_other_contents

        refuse_other_contents(session.planned.plan.dependencies, trees)
    return trees


def packed(world: World, title: str, requests: list[LayerRequest]) -> tuple[Layer, ...]:
    with world.reporter.step(title):
        return pack_layers(world.cache, requests, epoch_seconds=world.clock.epoch_seconds)
