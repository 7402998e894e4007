"""Whether the lock's native packages are what the app's own code needs today: known from the last look."""

import hashlib
from typing import TYPE_CHECKING

import msgspec

from okamochi.model.lock import Lock, LockedPlatform, LockedWheel
from okamochi.model.lock_codec import lock_from_json
from okamochi.model.native import NativePackage, native_decisions
from okamochi.model.plan import Plan
from okamochi.system.tree_stamp import program_identity
from okamochi.system.world import World
from okamochi.workflows.rebuilding.remembered import LOCK_NAME, lock_content

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["as_locked", "is_known", "keep_known", "with_locked_packages"]

KIND = "native-known"
# what is said of named packages before the archive was asked
STATED = "native.needs"


def is_known(world: World, plan: Plan, locked: LockedPlatform) -> bool:
    return world.cache.record(KIND, key_of(plan, locked.wheels, locked.native)) is not None


def keep_known(
    world: World, plan: Plan, wheels: tuple[LockedWheel, ...], native: tuple[NativePackage, ...]
) -> None:
    world.cache.put_record(KIND, key_of(plan, wheels, native), b"")


def key_of(plan: Plan, wheels: tuple[LockedWheel, ...], native: tuple[NativePackage, ...]) -> str:
    """Without line numbers: they change with every edit."""
    needs = sorted({(need.kind, need.names) for need in plan.native.needs})
    names = [package.name for package in native]
    question = (program_identity(), plan.base.suite, plan.native.modules, needs, wheels, names)
    return hashlib.sha256(msgspec.json.encode(question)).hexdigest()


def as_locked(planned: "PlannedProject") -> Plan:
    """The plan as it is shown: with the Debian packages that its lock has for wheels and code, and why.

    UsageError when the lock is damaged."""
    from okamochi.workflows.layers.platforms import chosen_platform
    from okamochi.workflows.locking.inputs import base_inputs, wheel_inputs

    content = lock_content(planned.project)
    if content is None:
        return planned.plan
    inputs = (base_inputs(planned), wheel_inputs(planned))
    lock = lock_from_json(content, where=LOCK_NAME)
    if not lock.platforms or (lock.base_inputs, lock.wheel_inputs) != inputs:
        return planned.plan
    wanted = str(chosen_platform(None))
    locked = next((one for one in lock.platforms if one.platform == wanted), lock.platforms[0])
    before = (one for one in planned.plan.decisions if one.field != STATED)
    decisions = (*before, *native_decisions(locked.native))
    return msgspec.structs.replace(planned.plan, decisions=decisions)


def with_locked_packages(plan: Plan, lock: Lock | None) -> Plan:
    """The plan whose base asks for them by name, too: what a rendered file installs, on any platform."""
    platforms = lock.platforms if lock is not None else ()
    names = {one.name for locked in platforms for one in locked.native if one.name}
    packages = tuple(sorted({*plan.base.packages, *names}))
    return msgspec.structs.replace(plan, base=msgspec.structs.replace(plan.base, packages=packages))
