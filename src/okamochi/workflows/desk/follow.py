"""`okamochi dev --follow`: the log on the terminal, and the desk anew when what it is made of changes."""

import hashlib
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from okamochi.detect.packages.managers import LOCKS
from okamochi.errors import OkamochiError
from okamochi.run.state import UpRecord
from okamochi.system.world import World
from okamochi.workflows.dev import DevRequest, dev
from okamochi.workflows.plan import plan_project
from okamochi.workflows.running import down_desk, logs

__all__ = ["follow"]

PAUSE_SECONDS = 0.5
ALWAYS = ("Pipfile", "okamochi.toml", "pyproject.toml", "requirements.txt", *(name for name, _ in LOCKS))


def follow(
    request: DevRequest,
    world: World,
    tell: Callable[[UpRecord], None],
    *,
    start: Callable[[DevRequest, World], UpRecord] = dev,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Until Ctrl-C, which ends the desk. `tell` gets the record after each start.

    What fails after a change is told, and the next change waited for; what fails at first ends it."""
    started, over = False, threading.Event()
    showing = threading.Thread(target=show_log, args=(request.path, world, over), daemon=True)
    try:
        while True:
            names = inputs_of(request, world)
            before = digest_of(request.path, names)
            try:
                tell(start(request, world))
                if showing.ident is None:
                    showing.start()
            except OkamochiError as failure:
                if not started:
                    raise
                tell_failure(failure, world)
            started = True
            while digest_of(request.path, names) == before:
                pause(PAUSE_SECONDS)
            world.reporter.note("what is installed changed: building again")
    finally:
        over.set()
        down_desk(request.path, world)


def inputs_of(request: DevRequest, world: World) -> tuple[str, ...]:
    """Every file that says what is installed, there or not."""
    try:
        plan = plan_project(request.path, world, dict(request.overrides)).plan
    except OkamochiError:
        return ALWAYS  # `dev` tells what is wrong
    return tuple(sorted({*ALWAYS, *plan.dependencies.input_files, *plan.development.input_files}))


def digest_of(root: Path, names: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for name in names:
        with suppress(OSError):
            digest.update(name.encode() + b"\0" + (root / name).read_bytes() + b"\0")
    return digest.hexdigest()


def tell_failure(failure: OkamochiError, world: World) -> None:
    world.reporter.warn(f"{failure.message} ({failure.where}); what ran before goes on")
    for line in failure.details[-8:]:
        world.reporter.note(line)


def show_log(path: Path, world: World, over: threading.Event) -> None:
    """One for all starts: Compose goes on with a container that takes another's place, where two would show
    each line twice; the log of a single container ends with it."""
    while not over.is_set():
        with suppress(OkamochiError):
            logs(path, world, tail=50, follow=True)
        over.wait(PAUSE_SECONDS)
