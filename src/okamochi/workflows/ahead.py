"""The foundations of further platforms, laid while the first one is built and proved.

What is laid is in the cache when its turn comes. Nothing here decides: the lock is written, and errors are
told, by the build whose turn it is; when the proof of the first platform corrects the plan, what was laid too
early is of no use and of no harm.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from msgspec.structs import replace

from okamochi.errors import OkamochiError
from okamochi.model.lock import LockedPlatform
from okamochi.system.progress import Reporter
from okamochi.system.world import World
from okamochi.workflows.build import Building, BuildRequest

__all__ = ["Ahead", "laying_ahead"]


@dataclass(frozen=True)
class Ahead:
    """Answers of the resolution, with the questions that they answer."""

    base_inputs: str
    wheel_inputs: str
    snapshot: str
    locked: LockedPlatform


@dataclass(frozen=True)
class NamedReporter:
    """Tells the steps of one platform as such, and leaves the rest to the build itself."""

    reporter: Reporter
    name: str

    def step(self, title: str) -> AbstractContextManager[None]:
        return self.reporter.step(f"{self.name}: {title}")

    def note(self, text: str) -> None:
        pass

    def warn(self, text: str) -> None:
        pass


@contextmanager
def laying_ahead(
    requests: tuple[BuildRequest, ...], world: World
) -> Iterator[tuple["Future[Ahead | None]", ...]]:
    """One future for each request."""
    if requests:
        # sysconfig makes its table at the first question, and not safely among threads
        import sysconfig

        sysconfig.get_config_vars()
    with ThreadPoolExecutor(max(1, len(requests)), "ahead") as pool:
        try:
            yield tuple(pool.submit(laid_ahead, request, world) for request in requests)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def laid_ahead(request: BuildRequest, world: World) -> Ahead | None:
    """None when the image is known, and when something is wrong, which the build itself will tell."""
    from okamochi.build.app_layers import room_for_shares
    from okamochi.workflows.assemble import app_files
    from okamochi.workflows.foundation import lay_foundation
    from okamochi.workflows.lock import LockMode, LockSession

    quiet = replace(world, reporter=NamedReporter(world.reporter, str(request.platform)))
    try:
        building = Building.open(request, quiet)
        if building.known is not None:
            return None
        mode = LockMode.LOCKED if request.locked else LockMode.KEEP
        session = LockSession.open(quiet, building.plan_now(), building.platform, mode)
        shares = room_for_shares(app_files(session.planned).entries)
        laid = lay_foundation(quiet, session, shares=shares)
    except OkamochiError:
        return None
    return Ahead(laid.lock.base_inputs, laid.lock.wheel_inputs, laid.lock.snapshot, laid.locked)
