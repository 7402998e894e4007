"""`okamochi outdated`: what okamochi.lock holds and suites or index have newer; nothing is written."""

from dataclasses import dataclass, replace
from pathlib import Path

from okamochi.errors import PlanError
from okamochi.model.lock import LockedDeb, LockedImage, LockedWheel
from okamochi.oci.platform import Platform
from okamochi.system.world import World
from okamochi.workflows.layers.platforms import chosen_platform
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.plan import plan_project
from okamochi.workflows.rebuilding.remembered import LOCK_NAME
from okamochi.workflows.relock import both_halves

__all__ = ["image_moved", "newer", "outdated"]


@dataclass(frozen=True, kw_only=True)
class Outdated:
    """`security`: the newer package comes from the suite's security archive, or the index knows `advisories`
    of the locked one. `yanked` is why the index withdrew it. `newest` is what the project's
    own requirements allow; "" when the newest resolution does without the package."""

    kind: str
    name: str
    locked: str
    newest: str
    security: bool = False
    advisories: tuple[str, ...] = ()
    yanked: str = ""

    def __str__(self) -> str:
        told = f"{self.kind} {self.name} {self.locked} -> {self.newest or '(no longer needed)'}"
        told = f"{told} (security)" if self.security else told
        told += f" [{'; '.join(self.advisories)}]" if self.advisories else ""
        return f"{told} (withdrawn from the index: {self.yanked})" if self.yanked else told


def outdated(path: Path, world: World, *, platform: str | None) -> tuple[Outdated, ...]:
    """Security updates first, then by kind and name. PlanError when there is no lock for the platform."""
    planned = plan_project(path, world)
    world.check_network_settings()
    chosen = chosen_platform(platform)
    session = LockSession.open(world, planned, chosen, LockMode.UPGRADE)
    old = session.old_platform
    if old is None:
        raise no_lock(path, chosen)
    debs, _, wheels = both_halves(session)
    images = image_moved(old.image, session.image())
    found = (*images, *newer("deb", old.debs, debs), *with_told(session, old.wheels, wheels))
    return tuple(sorted(found, key=lambda one: (not one.security, one.kind, one.name)))


def image_moved(old: LockedImage | None, now: LockedImage | None) -> tuple[Outdated, ...]:
    if old is None or now is None or old.manifest == now.manifest:
        return ()
    return (Outdated(kind="image", name=now.name, locked=old.manifest, newest=now.manifest),)


def with_told(
    session: LockSession, old: tuple[LockedWheel, ...], now: tuple[LockedWheel, ...]
) -> tuple[Outdated, ...]:
    """What has newer versions, and what the index warns of although there is none, as the index tells it."""
    from okamochi.pypi.advisories import Told, told_of
    from okamochi.pypi.uv_program import read_project_indexes

    indexes = read_project_indexes(session.planned.root, session.planned.plan.dependencies)
    known = told_of(session.world, indexes, old)
    moved = {one.name: one for one in newer("wheel", old, now)}
    for wheel in old:
        told = known.get(wheel.name, Told())
        if told == Told():
            continue
        same = Outdated(kind="wheel", name=wheel.name, locked=wheel.version, newest=wheel.version)
        moved[wheel.name] = replace(
            moved.get(wheel.name, same),
            security=bool(told.advisories),
            advisories=told.advisories,
            yanked=told.yanked,
        )
    return tuple(moved.values())


def newer(
    kind: str, old: tuple[LockedDeb, ...] | tuple[LockedWheel, ...], now: tuple[LockedDeb | LockedWheel, ...]
) -> tuple[Outdated, ...]:
    newest = {one.name: one for one in now}
    moved = [(one, newest.get(one.name)) for one in old]
    return tuple(
        Outdated(
            kind=kind,
            name=one.name,
            locked=one.version,
            newest=then.version if then is not None else "",
            security=isinstance(then, LockedDeb) and then.archive == "debian-security",
        )
        for one, then in moved
        if then is None or then.version != one.version
    )


def no_lock(path: Path, platform: Platform) -> PlanError:
    return PlanError(
        f"{LOCK_NAME} is missing or has nothing for {platform}",
        where=str(path / LOCK_NAME),
        hint="run 'okamochi lock' or 'okamochi build' first",
    )
