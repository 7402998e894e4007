"""Which app a folder is: its name for containers, its private state, what runs of it."""

import hashlib
import shlex
from dataclasses import dataclass
from pathlib import Path

from okamochi.errors import EngineError
from okamochi.model.names import normalized_name
from okamochi.run.engine import Engine
from okamochi.run.engines import engine_named
from okamochi.run.state import AppState, UpRecord
from okamochi.system.environ import state_dir
from okamochi.system.project_files import no_folder
from okamochi.system.world import World

__all__ = ["App", "UpApp", "app_of", "apps_of", "desk_of", "is_desk", "proof_of", "running_app", "tell_moved"]


DESK = "-dev"  # no identity of production's ends so: it ends with six digits
PROOF = "-proof"


@dataclass(frozen=True)
class App:
    """`identity` is made of the folder's name and a digest of its absolute path, so that two checkouts on one
    machine never meet, and `down` works however broken the project is."""

    identity: str
    root: Path
    state: AppState


@dataclass(frozen=True)
class UpApp:
    """An app that `up` started, the engine it runs on, and what was started."""

    app: App
    engine: Engine
    record: UpRecord


def app_of(path: Path, world: World) -> App:
    """UsageError when there is no such folder; of one that is gone since it was started, what runs can still
    be told of and ended."""
    root = path.resolve()
    digest = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()
    identity = f"{normalized_name(root.name) or 'app'}-{digest[:6]}"
    app = App(identity, root, AppState.of(state_dir(world.environ), identity))
    if not path.is_dir() and not any(one.state.record() for one in (app, desk_of(app, world))):
        raise no_folder(path)
    return app


def is_desk(app: App) -> bool:
    return app.identity.endswith(DESK)


def desk_of(app: App, world: World) -> App:
    """What `dev` starts of the same folder: apart from production, with data and secrets of its own."""
    identity = f"{app.identity}{DESK}"
    return App(identity, app.root, AppState.of(state_dir(world.environ), identity))


def proof_of(app: App, world: World) -> App:
    """What `prove` starts of the same folder, and removes again."""
    identity = f"{app.identity}{PROOF}"
    return App(identity, app.root, AppState.of(state_dir(world.environ), identity))


def apps_of(path: Path, world: World) -> tuple[App, ...]:
    """What `up` and `dev` start of the folder; what was started last comes first."""
    app = app_of(path, world)
    return tuple(sorted((app, desk_of(app, world)), key=lambda one: one.state.recorded_at, reverse=True))


def tell_moved(app: App, world: World) -> None:
    """A folder that was moved or renamed is another app, and what was started of it cannot be found any more
    from there: it has its data, and the port."""
    for state in app.state.others():
        record = state.record()
        if record is None or not record.project or Path(record.project).exists():
            continue
        gone = Path(record.project)
        if gone.name == app.root.name or gone.parent == app.root.parent:
            old = shlex.quote(record.project)
            world.reporter.note(
                f"{record.container} was started of {gone}, which is gone; if that is this project, its data "
                f"stays there: 'okamochi backup {old}' saves it for 'okamochi restore', "
                f"'okamochi down {old}' ends it"
            )


def running_app(path: Path, world: World, desk: bool | None = None) -> UpApp:
    """What `dev` started (`desk`), what `up` did (False), else what was started last. EngineError when that
    was never started."""
    apps = apps_of(path, world)
    started = [one for one in apps if one.state.record() and desk in (None, is_desk(one))]
    app = started[0] if started else app_of(path, world)
    record = app.state.record() if started else None
    if len(started) > 1:
        world.reporter.note(
            f"of two stacks, {app.identity} is meant: it was started last; --dev or --production chooses"
        )
    if record is None:
        what = {None: "nothing", True: "no desk", False: "no production"}
        ways = {None: "okamochi up, or okamochi dev", True: "okamochi dev", False: "okamochi up"}
        raise EngineError(
            f"{what[desk]} of {app.root} is running",
            where=str(app.root),
            hint=f"start it: {ways[desk]}; okamochi ps --all lists what else runs",
        )
    return UpApp(app, engine_named(record.engine, world), record)
