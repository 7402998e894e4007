"""`okamochi outdated`: what okamochi.lock holds and suites or index have newer; nothing is written."""

from dataclasses import dataclass
from pathlib import Path

from okamochi.errors import PlanError
from okamochi.model.lock import LockedDeb, LockedWheel
from okamochi.oci.platform import Platform
from okamochi.system.world import World
from okamochi.workflows.lock import LOCK_NAME, LockMode, LockSession
from okamochi.workflows.plan import plan_project
from okamochi.workflows.platforms import chosen_platform
from okamochi.workflows.relock import both_halves

__all__ = ["Outdated", "outdated"]


@dataclass(frozen=True, kw_only=True)
class Outdated:
    """`security`: the newer package comes from the suite's security archive. `newest` is what the project's
    own requirements allow; "" when the newest resolution does without the package."""

    kind: str
    name: str
    locked: str
    newest: str
    security: bool = False

    def __str__(self) -> str:
        told = f"{self.kind} {self.name} {self.locked} -> {self.newest or '(no longer needed)'}"
        return f"{told} (security)" if self.security else told


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
    found = (*newer("deb", old.debs, debs), *newer("wheel", old.wheels, wheels))
    return tuple(sorted(found, key=lambda one: (not one.security, one.kind, one.name)))


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
