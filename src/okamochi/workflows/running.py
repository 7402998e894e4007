"""The rest of a running app's life: down, ps, logs, exec."""

import itertools
import posixpath
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from okamochi.errors import EngineError, OkamochiError, UsageError
from okamochi.model.kit_programs import with_secrets
from okamochi.run.compose import ServiceState
from okamochi.run.engine import Engine
from okamochi.run.engines import ENGINES, engine_named
from okamochi.run.log_troubles import troubles
from okamochi.run.spec import ContainerState, Running, aside_name
from okamochi.run.state import AppState, UpRecord
from okamochi.run.traces import Cause
from okamochi.system.environ import state_dir
from okamochi.system.words import counted
from okamochi.system.world import World
from okamochi.workflows.first_migration import first_migration_hint, writes_migration
from okamochi.workflows.starting.apps import App, UpApp, app_of, apps_of, desk_of, is_desk, running_app
from okamochi.workflows.starting.previous import GRACE_SECONDS
from okamochi.workflows.starting.stack import forget_stack, stack_of

__all__ = ["Seen", "beside", "data_of", "down", "down_desk", "down_of", "execute", "logs", "ps", "stack_down"]

LOG_LINES = 2000
NOT_FOUND = 127
"""The exit code where a program is not there, of shells and of the kit."""
MAKE_FILES = frozenset(
    f"{tool} {verb}" for tool in ("db", "alembic") for verb in ("init", "migrate", "revision", "merge")
)
INSTALLERS = ("pip", "pip3", "uv", "pipenv", "poetry", "apt", "apt-get")


@dataclass(frozen=True)
class Seen:
    """What `up` recorded, and what the engine says now (None: the engine does not answer).

    `others` run beside web: workers, databases, migrations that ended. `troubles` are what web's log tells
    of."""

    record: UpRecord
    running: Running | None
    others: tuple[ServiceState, ...] = ()
    troubles: tuple[Cause, ...] = ()

    @property
    def unsettled(self) -> str:
        """The image that is there in the place of the recorded one, which served last; "" when that is."""
        now = self.running.image_reference if self.running is not None else ""
        # podman names images in full
        return "" if not now or f"/{now}".endswith(f"/{self.record.image_reference}") else now


def down(path: Path, world: World, *, volumes: bool) -> tuple[str, ...]:
    """Stops and removes the app's container, on whatever engine it is; with `volumes` its data too.

    The names of what was removed; empty when there was nothing. Secrets that were given go, generated ones
    stay: a session that was signed with them is still good after the next `up`.
    """
    return tuple(name for app in apps_of(path, world) for name in down_of(app, world, volumes=volumes))


def down_desk(path: Path, world: World, *, volumes: bool = False) -> tuple[str, ...]:
    """Ends what `dev` started, and nothing of production's; with `volumes` its data goes, too."""
    return down_of(desk_of(app_of(path, world), world), world, volumes=volumes)


def data_of(path: Path, world: World, *, desk_alone: bool) -> tuple[str, ...]:
    """The names of the volumes that `down` would remove; the desk's alone where that is said."""
    apps = (desk_of(app_of(path, world), world),) if desk_alone else apps_of(path, world)
    engines = engines_to_ask(None, world)
    return tuple(name for app in apps for engine in engines for name in engine.volumes(app.identity))


def down_of(app: App, world: World, *, volumes: bool) -> tuple[str, ...]:
    if not app.state.folder.is_dir() and is_desk(app):
        return ()  # `dev` was never used: no engine need answer
    removed: list[str] = []
    with app.state.lock(world.reporter):
        removed += stack_down(app, world, volumes=volumes)
        for engine in engines_to_ask(app.state.record(), world):
            for running in engine.containers(app.identity):
                with world.reporter.step(f"Stopping {running.name}"):
                    engine.stop(running.name, grace_seconds=GRACE_SECONDS)
                    engine.remove(running.name)
                removed.append(running.name)
            removed += forgotten_stack_down(app, engine, world)
            if volumes:
                removed += engine.remove_volumes(app.identity)
        if volumes:
            tell_left(app, world)
            app.state.forget_setups()
            app.state.put_left_out(())
            app.state.put_own_servers(())
        app.state.drop_record()
        app.state.forget_given_secrets()
    return tuple(removed)


def tell_left(app: App, world: World) -> None:
    """What the app used of this machine's own servers is not okamochi's to empty."""
    for one in app.state.machine_services():
        world.reporter.note(f"{one.name}: database {one.database} at port {one.port} is left as it is")
    app.state.put_machine_services(())


def stack_down(app: App, world: World, *, volumes: bool) -> tuple[str, ...]:
    """The names of a stack's containers, which are gone, and of its volumes, if asked."""
    stack = stack_of(app, world)
    if stack is None:
        return ()
    names = tuple(stack.project.container(service) for service, _, _ in stack.project.states())
    held = stack.engine.volumes(app.identity) if volumes else ()
    with world.reporter.step(f"Stopping {counted(len(names), 'container')}"):
        stack.project.stop(volumes=volumes, grace_seconds=GRACE_SECONDS)
    forget_stack(app.state)
    # what Compose left is somebody else's to remove and to tell
    left = stack.engine.volumes(app.identity) if held else ()
    return (*names, *(name for name in held if name not in left))


def forgotten_stack_down(app: App, engine: Engine, world: World) -> tuple[str, ...]:
    """The same for a stack whose file is lost: the state folder was removed, or is another one now."""
    names = engine.stack_containers(app.identity)
    if names:
        with world.reporter.step(f"Stopping {counted(len(names), 'container')}"):
            for name in names:
                engine.stop(name, grace_seconds=GRACE_SECONDS)
                engine.remove(name)
            engine.remove_networks(app.identity)
    return names


def engines_to_ask(record: UpRecord | None, world: World) -> tuple[Engine, ...]:
    """The recorded engine, which must answer; and every other one that does."""
    engines: list[Engine] = []
    for name in ENGINES:
        engine = engine_named(name, world)
        try:
            engine.facts()
        except EngineError:
            if record is not None and record.engine == name:
                raise
            continue
        engines.append(engine)
    return tuple(engines)


def ps(path: Path | None, world: World) -> tuple[Seen, ...]:
    """What `up` started of one project, or of all, and nobody removed; of one the logs are read, too."""
    root = state_dir(world.environ)
    states = tuple(one.state for one in apps_of(path, world)) if path is not None else AppState.all(root)
    records = (state.record() for state in states)
    seen = (Seen(record, look(record, world), beside(record, world)) for record in records if record)
    there = (item for item in seen if not item.running or item.running.state is not ContainerState.ABSENT)
    return tuple(there if path is None else (with_troubles(item, world) for item in there))


def with_troubles(seen: Seen, world: World) -> Seen:
    if seen.running is None:
        return seen
    try:
        log = engine_named(seen.record.engine, world).logs(seen.record.container, tail=LOG_LINES)
    except EngineError:
        return seen
    return replace(seen, troubles=troubles(log))


def beside(record: UpRecord, world: World) -> tuple[ServiceState, ...]:
    """Everything of the app but web, as the engine sees it; nothing when it does not answer."""
    engine = engine_named(record.engine, world)
    try:
        apps = apps_of(Path(record.project), world)
        app = next((one for one in apps if one.identity == record.app), None)
        stack = stack_of(app, world) if app is not None else None
        if stack is not None:
            return tuple(one for one in stack.project.rows() if one.service != "web")
        return tuple(
            ServiceState(
                shown_name(record, name),
                one.state.value,
                one.exit_code,
                one.health,
                restarts=one.restarts,
            )
            for name, one in workers_of(record, engine)
        )
    except OkamochiError:
        return ()


def workers_of(record: UpRecord, engine: Engine) -> tuple[tuple[str, Running], ...]:
    """What runs beside web where there is no Compose, by the names of the containers."""
    web = (record.container, aside_name(record.container))
    return tuple((one.name, one) for one in engine.containers(record.app) if one.name not in web)


def look(record: UpRecord, world: World) -> Running | None:
    try:
        return engine_named(record.engine, world).inspect(record.container)
    except EngineError:
        return None


def logs(
    path: Path, world: World, *, tail: int, follow: bool, process: str = "", desk: bool | None = None
) -> str | int:
    """The log's last lines, of all or of one `process` or service; with `follow` they go to the terminal, and
    the answer is the exit code."""
    app = running_app(path, world, desk)
    stack = stack_of(app.app, world)
    if stack is not None:
        chosen = named(process, tuple(one.service for one in stack.project.rows()))
        return stack.project.follow(chosen, tail=tail) if follow else stack.project.logs(chosen, tail=tail)
    beside_web = (name for name, _ in workers_of(app.record, app.engine))
    containers = {shown_name(app.record, name): name for name in (app.record.container, *beside_web)}
    names = tuple(containers[one] for one in named(process, tuple(containers)) or containers)
    if follow:
        return app.engine.follow_logs(*names, tail=tail)
    if len(names) == 1:
        return app.engine.logs(names[0], tail=tail)
    return "\n".join(part for name in names for part in log_lines(app, name, tail))


def named(process: str, there: tuple[str, ...]) -> tuple[str, ...]:
    """Nothing for all. UsageError for one that is not there."""
    if process and process not in there:
        raise UsageError(
            f"there is no process {process}", where="--process", hint=f"there are {', '.join(sorted(there))}"
        )
    return (process,) if process else ()


def shown_name(record: UpRecord, container: str) -> str:
    """Of its process or service."""
    return "web" if container == record.container else container.removeprefix(f"{record.container}-")


def log_lines(app: UpApp, name: str, tail: int) -> list[str]:
    """Each with the name of its process before it, as Compose shows them."""
    shown = shown_name(app.record, name)
    return [f"{shown}  | {line}" for line in app.engine.logs(name, tail=tail).splitlines()]


def execute(
    path: Path, argv: tuple[str, ...], world: World, *, interactive: bool, desk: bool | None = None
) -> int:
    """Runs a command in the app's container, with its environment and secrets; the command's exit code.

    UsageError where the command is a folder, which every other command takes there."""
    if is_path_of_folder(argv[0]):
        hint = f"the project's folder is an option here: {shlex.join(meant(argv))}"
        raise UsageError(f"{argv[0]} is a folder, and no command", where="exec", hint=hint)
    try:
        app = running_app(path, world, desk)
    except EngineError as error:
        if Path(argv[0]).is_dir():  # or a command that a folder here is named like
            error.hint = f"the project's folder is an option here: {shlex.join(meant(argv))}"
        raise
    if app.engine.inspect(app.record.container).state is not ContainerState.RUNNING:
        raise EngineError(
            f"{app.record.container} is not running",
            where=app.record.engine,
            hint="start it with 'okamochi up'; 'okamochi logs' tells how it ended",
        )
    code = app.engine.exec(app.record.container, with_secrets(argv), interactive=interactive)
    if code == NOT_FOUND:
        world.reporter.note(told_of_missing(argv[0], at_desk=is_desk(app.app)))
    elif code and makes_files(argv) and not is_desk(app.app):
        world.reporter.note(
            f"files of the project are made at the desk: okamochi dev, then {shlex.join(again(argv))}"
        )
    elif not code and writes_migration(argv) and is_desk(app.app):
        tell_first_migration(app.app.root, argv, world)
    return code


def tell_first_migration(root: Path, argv: tuple[str, ...], world: World) -> None:
    from okamochi.workflows.plan import plan_project

    hint = first_migration_hint(plan_project(root, world).plan, argv, root)
    if hint:
        world.reporter.note(hint)


def makes_files(argv: tuple[str, ...]) -> bool:
    """Whether a command writes migrations or other modules, which lie in the image and cannot be written."""
    return not MAKE_FILES.isdisjoint(" ".join(pair) for pair in itertools.pairwise(argv)) or not (
        {"makemigrations", "startapp"}.isdisjoint(argv)
    )


def again(argv: tuple[str, ...]) -> tuple[str, ...]:
    return ("okamochi", "exec", *argv)


def told_of_missing(program: str, *, at_desk: bool) -> str:
    """What to do instead of a program that the image does not have: its name alone says why it was wanted."""
    if posixpath.basename(program) in INSTALLERS:
        return f"no {program} inside: write the package into the requirements, then okamochi up or dev again"
    if at_desk:
        return f"no {program} inside; okamochi shell has a shell and tools"
    return (
        f"no {program} inside: the image has the app, Python and the programs of its packages, and no shell; "
        "okamochi shell joins one with tools to it (okamochi shell -- ls -l /proc/1/root/app)"
    )


def is_path_of_folder(word: str) -> bool:
    return (word in (".", "..") or "/" in word) and Path(word).is_dir()


def meant(argv: tuple[str, ...]) -> tuple[str, ...]:
    return ("okamochi", "exec", "--project", argv[0], *(argv[1:] or ("COMMAND",)))
