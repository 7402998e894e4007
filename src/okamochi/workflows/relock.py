"""`okamochi lock`: resolve again, write, say what changed."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from packaging.utils import canonicalize_name

from okamochi.errors import UnfitPythonError, UsageError
from okamochi.model.correction import CorrectionKind
from okamochi.model.lock import LockedDeb, LockedWheel
from okamochi.system.world import World
from okamochi.workflows.foundation import trees_of
from okamochi.workflows.lock import LOCK_NAME, LockMode, LockSession, lock_changes
from okamochi.workflows.native import complete_base
from okamochi.workflows.plan import plan_project
from okamochi.workflows.platforms import chosen_platform
from okamochi.workflows.python_attempts import on_another_python

__all__ = ["relock"]


def relock(
    path: Path, world: World, *, upgrade: bool, platform: str | None, packages: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Brings the lock up to date with the project, or these wheels or everything to the newest version; the
    changes, a line each."""
    # what had no wheels for the first choice of Python may have them today
    anew = frozenset({CorrectionKind.PYTHON}) if upgrade else frozenset()
    planned = plan_project(path, world, anew=anew)
    world.check_network_settings()
    mode = LockMode.UPGRADE if upgrade else LockMode.KEEP
    session = LockSession.open(world, planned, chosen_platform(platform), mode)
    session.moving = wheels_named(session, packages)
    try:
        debs, snapshot, locked = both_halves(session)
    except UnfitPythonError as refusal:
        if session.moving:
            raise
        session = on_another_python(world, session, refusal)
        debs, snapshot, locked = both_halves(session)
    complete = complete_base(world, session, (debs, snapshot), trees_of(world, session, locked))
    lock = session.result(complete.debs, complete.snapshot, locked, complete.native)
    session.save(lock, required=True)
    return lock_changes(session.old, lock)


def wheels_named(session: LockSession, packages: tuple[str, ...]) -> frozenset[str]:
    """Normalized names. UsageError for what is no wheel of the lock."""
    names = {canonicalize_name(name): name for name in packages}
    known = {wheel.name for wheel in session.old_platform.wheels} if session.old_platform else set()
    unknown = [name for normalized, name in sorted(names.items()) if normalized not in known]
    if unknown:
        raise UsageError(
            f"{LOCK_NAME} has no wheel {unknown[0]} for {session.platform}",
            where="--upgrade-package",
            hint="name a wheel of the lock; base packages move together, with --upgrade",
        )
    return frozenset(names)


def both_halves(session: LockSession) -> tuple[tuple[LockedDeb, ...], str, tuple[LockedWheel, ...]]:
    with ThreadPoolExecutor(2) as pool:
        base, wheels = pool.submit(session.debs), pool.submit(session.wheels)
        # where both halves fail, the project's own half is what its author can mend
        locked = wheels.result()
        return (*base.result(), locked)
