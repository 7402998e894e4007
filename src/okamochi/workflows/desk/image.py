"""The images of the desk, made by okamochi itself: production's packages as locked, what development asks for
besides, a shell. Their lock lies in the app's state; okamochi.lock stays production's."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from okamochi.errors import OkamochiError, RegistryError, UnfitPythonError, UsageError
from okamochi.model.development import development_plan, tools_plan
from okamochi.model.lock import Lock, LockedWheel
from okamochi.model.lock_codec import lock_from_json, lock_to_json
from okamochi.model.plan import Development, Plan
from okamochi.oci.platform import Platform
from okamochi.run.state import AppState
from okamochi.system.files import write_atomic
from okamochi.system.world import World
from okamochi.workflows.layers.assemble import assemble
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.plan import PlannedProject
from okamochi.workflows.rebuilding.remembered import LOCK_NAME, BuiltImage, lock_content

__all__ = ["DeskSession", "development_image", "near_to", "tools_image"]

LOCK_FILES = "development-{}.lock", "tools-{}.lock"


@dataclass
class DeskSession(LockSession):
    """A session that writes its lock elsewhere than production's."""

    file: Path = Path()

    def save(self, lock: Lock, *, required: bool) -> None:
        if lock == self.old and self.file.is_file():
            return
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for stale in self.file.parent.glob(f"{self.file.name.partition('-')[0]}-*.lock"):
            stale.unlink()
        write_atomic(self.file, lock_to_json(lock))


def development_image(
    planned: PlannedProject, platform: Platform, state: AppState, world: World, *, user: int, group: int
) -> BuiltImage:
    """With what the project asks for at the desk; without that, and a warning, where it cannot be had."""
    plan = planned.plan
    while True:
        desk = development_plan(plan, user=user, group=group)
        try:
            return built(session_of(planned, desk, platform, state, world, LOCK_FILES[0]))
        except RegistryError:
            raise  # in a better moment it can be had
        except OkamochiError as refusal:
            if plan.development == Development():
                raise
            world.reporter.warn(f"without what development asks for: {refusal.message} ({refusal.where})")
            plan = msgspec.structs.replace(plan, development=Development())


def tools_image(planned: PlannedProject, platform: Platform, state: AppState, world: World) -> BuiltImage:
    """The base with a shell and the usual programs, and nothing of the app."""
    return built(session_of(planned, tools_plan(planned.plan), platform, state, world, LOCK_FILES[1]))


def built(session: DeskSession) -> BuiltImage:
    try:
        return assemble(session)
    except UnfitPythonError as refusal:
        from okamochi.workflows.from_source.source_builds import built_from_source

        found = built_from_source(session, refusal)
        again = replace(session, planned=found.planned, resolved=found.resolved, built=found.built)
        return assemble(again)


def session_of(
    planned: PlannedProject, plan: Plan, platform: Platform, state: AppState, world: World, name: str
) -> DeskSession:
    """The desk's lock counts as long as production's is the one that it was made beside: then the desk has
    production's versions."""
    content = lock_content(planned.project)
    file = state.folder / name.format(hashlib.sha256(content or b"").hexdigest()[:12])
    plan = msgspec.structs.replace(plan, python_alternatives=())
    desk = replace(planned, plan=plan, corrections=())
    own = kept_lock(file)
    session = DeskSession(world, desk, platform, LockMode.KEEP, own, file=file)
    if session.fitting is None and content is not None:
        production = lock_from_json(content, where=LOCK_NAME)
        session.old = near_to(production, own)
    return session


def kept_lock(file: Path) -> Lock | None:
    try:
        return lock_from_json(file.read_bytes(), where=str(file))
    except (OSError, UsageError):
        return None


def near_to(production: Lock, own: Lock | None) -> Lock:
    """Production's lock with the desk's further wheels: what is resolved anew stays near to both."""
    if own is None:
        return production
    platforms = tuple(
        msgspec.structs.replace(
            one, wheels=(*one.wheels, *further(own, one.platform, frozenset(w.name for w in one.wheels)))
        )
        for one in production.platforms
    )
    return msgspec.structs.replace(production, platforms=platforms)


def further(own: Lock, platform: str, known: frozenset[str]) -> Iterator[LockedWheel]:
    for one in own.platforms:
        if one.platform == platform:
            yield from (wheel for wheel in one.wheels if wheel.name not in known)
