"""`okamochi lock`: resolve again, write, say what changed."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from okamochi.system.world import World
from okamochi.workflows.lock import LockMode, LockSession, lock_changes
from okamochi.workflows.plan import plan_project
from okamochi.workflows.platforms import chosen_platform

__all__ = ["relock"]


def relock(path: Path, world: World, *, upgrade: bool, platform: str | None) -> tuple[str, ...]:
    """Brings the lock up to date with the project, or everything to its newest version; the changes, a line
    each."""
    planned = plan_project(path, world)
    world.check_network_settings()
    mode = LockMode.UPGRADE if upgrade else LockMode.KEEP
    session = LockSession.open(world, planned, chosen_platform(platform), mode)
    with ThreadPoolExecutor(2) as pool:
        base, wheels = pool.submit(session.debs), pool.submit(session.wheels)
        # where both halves fail, the project's own half is what its author can mend
        locked = wheels.result()
        debs, snapshot = base.result()
    lock = session.result(debs, snapshot, locked)
    session.save(lock, required=True)
    return lock_changes(session.old, lock)
