"""`okamochi lock`: resolve again, write, say what changed."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from packaging.utils import canonicalize_name

from okamochi.errors import ConflictError, UnfitPythonError, UsageError
from okamochi.model.correction import CorrectionKind
from okamochi.model.lock import LockedDeb, LockedWheel
from okamochi.system.world import World
from okamochi.workflows.from_source.held_back import newest_wheels
from okamochi.workflows.from_source.moved_pins import had_otherwise
from okamochi.workflows.layers.foundation import trees_of
from okamochi.workflows.layers.native import complete_base
from okamochi.workflows.layers.platforms import chosen_platform
from okamochi.workflows.locking.changes import lock_changes
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.plan import plan_project
from okamochi.workflows.rebuilding.remembered import LOCK_NAME

__all__ = ["both_halves", "moved_debs", "relock"]


def relock(
    path: Path, world: World, *, upgrade: bool, platform: str | None, packages: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Brings the lock up to date with the project, or these wheels or everything to the newest version; the
    changes, a line each."""
    # what had no wheels for the first choice of Python, or did not build, may have them today
    anew = frozenset({CorrectionKind.PYTHON, CorrectionKind.RELEASE}) if upgrade else frozenset()
    planned = plan_project(path, world, anew=anew)
    world.check_network_settings()
    mode = LockMode.UPGRADE if upgrade else LockMode.KEEP
    session = LockSession.open(world, planned, chosen_platform(platform), mode)
    session.moving, moving_debs = named(session, packages)
    try:
        debs, snapshot, locked = both_halves(session)
    except (UnfitPythonError, ConflictError) as refusal:
        if packages:
            raise
        session = had_otherwise(session, refusal)
        debs, snapshot, locked = both_halves(session)
    if moving_debs:
        newest, snapshot = session.debs_with(session.old_native)
        debs = moved_debs(debs, newest, moving_debs)
    complete = complete_base(session, (debs, snapshot), trees_of(session, locked))
    lock = session.result(complete.debs, complete.snapshot, locked, complete.native)
    session.save(lock, required=True)
    return lock_changes(session.old, lock)


def named(session: LockSession, packages: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Wheels by their normalized names, and Debian packages. UsageError for what is neither in the lock."""
    old = session.old_platform
    wheels = {wheel.name for wheel in old.wheels} if old else set()
    debs = {deb.name for deb in old.debs} if old else set()
    unknown = [name for name in packages if canonicalize_name(name) not in wheels and name not in debs]
    if unknown:
        raise UsageError(
            f"{LOCK_NAME} has no wheel and no Debian package {unknown[0]} for {session.platform}",
            where="--upgrade",
            hint="name a package of the lock, or none to move everything; a folder that is not there is "
            "taken for a package",
        )
    of_debian = frozenset(name for name in packages if canonicalize_name(name) not in wheels)
    return frozenset(canonicalize_name(name) for name in packages) & wheels, of_debian


def moved_debs(
    old: tuple[LockedDeb, ...], newest: tuple[LockedDeb, ...], names: frozenset[str]
) -> tuple[LockedDeb, ...]:
    """The old ones, but for those named, and those of the same version: packages that were built from one
    source ask for each other by their exact version. What is newly needed joins them."""
    versions = {deb.version for deb in old if deb.name in names}
    found = {deb.name: deb for deb in newest}
    kept = {deb.name: deb for deb in old}
    moved = {name: found[name] for name, deb in kept.items() if deb.version in versions and name in found}
    added = {name: deb for name, deb in found.items() if name not in kept}
    return tuple(sorted({**kept, **moved, **added}.values()))


def both_halves(session: LockSession) -> tuple[tuple[LockedDeb, ...], str, tuple[LockedWheel, ...]]:
    with ThreadPoolExecutor(2) as pool:
        base, wheels = pool.submit(session.debs), pool.submit(newest_wheels, session)
        # where both halves fail, the project's own half is what its author can mend
        locked = wheels.result()
        return (*base.result(), locked)
