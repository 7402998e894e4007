"""The foundations of further platforms, laid by processes of their own while the first one is built and
proved: threads of one process would wait for each other a third of the time.

What is laid is in the cache when its turn comes. Nothing here decides: the lock is written, and errors are
told, by the build whose turn it is; when the proof of the first platform corrects the plan, what was laid too
early is of no use and of no harm.
"""

import json
import os
import signal
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from okamochi.errors import OkamochiError
from okamochi.model.lock import LockedPlatform
from okamochi.system.collector import collect_rarely
from okamochi.system.programs_under_way import UNDER_WAY
from okamochi.system.progress import SilentReporter
from okamochi.system.signals import terminable
from okamochi.system.world import World
from okamochi.workflows.build import Building, BuildRequest

__all__ = ["PROGRAM", "Ahead", "laying_ahead"]

# Neither the current folder nor the project is a place to import from.
PROGRAM = (sys.executable, "-P", "-m", __name__)


class Ahead(msgspec.Struct, frozen=True):
    """Answers of the resolution, with the questions that they answer."""

    base_inputs: str
    wheel_inputs: str
    snapshot: str
    locked: LockedPlatform


def laying_ahead(requests: tuple[BuildRequest, ...], world: World) -> tuple["Future[Ahead | None]", ...]:
    """One future for each request. Who ends, by an error or by Ctrl-C, does not wait for them: the processes
    end with this one."""
    futures = tuple(Future[Ahead | None]() for _ in requests)
    for future, request in zip(futures, requests, strict=True):
        waiting = partial(settle, future, request, world)
        threading.Thread(target=waiting, name="ahead", daemon=True).start()
    return futures


def settle(future: "Future[Ahead | None]", request: BuildRequest, world: World) -> None:
    try:
        future.set_result(laid_elsewhere(request, world))
    except BaseException as error:  # told by who asks for the result
        future.set_exception(error)


def laid_elsewhere(request: BuildRequest, world: World) -> Ahead | None:
    """None when the image is known, and when something is wrong, which the build itself will tell."""
    question = {
        "path": os.fspath(request.path.absolute()),
        "platform": request.platform,
        "locked": request.locked,
        "overrides": request.overrides,
        "cache": os.fspath(world.cache.root),
        "offline": world.offline,
    }
    with world.reporter.step(f"{request.platform}: laying the foundation"):
        try:
            done = world.runner.run(
                PROGRAM, stdin=json.dumps(question).encode(), env=world.environ, timeout_seconds=3600
            )
            return msgspec.json.decode(done.stdout, type=Ahead | None) if done.ok else None
        except (OkamochiError, msgspec.DecodeError):
            return None


def laid_ahead(request: BuildRequest, world: World) -> Ahead | None:
    from okamochi.build.app_layers import room_for_shares
    from okamochi.workflows.layers.assemble import app_files
    from okamochi.workflows.layers.foundation import lay_foundation
    from okamochi.workflows.locking.lock import LockMode, LockSession

    building = Building.open(request, world)
    if building.known is not None:
        return None
    mode = LockMode.LOCKED if request.locked else LockMode.KEEP
    session = LockSession.open(world, building.plan_now(), building.platform, mode)
    shares = room_for_shares(app_files(session.planned).entries)
    laid = lay_foundation(session, shares=shares)
    return Ahead(laid.lock.base_inputs, laid.lock.wheel_inputs, laid.lock.snapshot, laid.locked)


def main() -> None:
    """Answers the question on stdin; what goes wrong is the answer "nothing"."""
    from okamochi.run.host.launcher import PR_SET_PDEATHSIG, prctl

    collect_rarely()
    with suppress(OSError):
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # what was asked for ends with who asked, and its programs
    try:
        with terminable():
            answer()
    except KeyboardInterrupt:
        UNDER_WAY.end_for_good()
        os._exit(143)  # nobody waits for what threads have under way


def answer() -> None:
    asked = json.load(sys.stdin)
    request = BuildRequest(
        path=Path(asked["path"]),
        platform=asked["platform"],
        locked=asked["locked"],
        overrides=tuple((name, value) for name, value in asked["overrides"]),
    )
    world = World.real(
        os.environ, SilentReporter(), offline=asked["offline"], cache_root=Path(asked["cache"])
    )
    found: Ahead | None = None
    with suppress(OkamochiError):
        found = laid_ahead(request, world)
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
