"""`okamochi restore`: what a backup holds takes the place of what a running app has."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from okamochi.errors import EngineError, OkamochiError, UnhealthyError, UsageError
from okamochi.model.kit_programs import HEALTH_CHECK, VOLUME_FILES
from okamochi.model.plan import Plan
from okamochi.oci.reference import tag_of
from okamochi.run.compose import ComposeProject
from okamochi.run.service_data import data_of
from okamochi.system.process import Completed
from okamochi.system.world import World
from okamochi.workflows.backup import ENDING, plan_of_state, save_to
from okamochi.workflows.starting.apps import UpApp, running_app
from okamochi.workflows.starting.backup_file import BackupFile, Part
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.own_servers import start_own_servers
from okamochi.workflows.starting.own_servers_data import OwnServers, servers_of
from okamochi.workflows.starting.previous import GRACE_SECONDS
from okamochi.workflows.starting.stack import Stack, stack_of

__all__ = ["MOST_KEPT", "mismatches", "restore", "what_goes"]

HEALTHY_SECONDS = 90
BEFORE = "before-restore-"
MOST_KEPT = 3


def what_goes(file: Path, path: Path, world: World, *, desk: bool | None = None) -> tuple[str, ...]:
    """A line for each part whose present data a restore would overwrite. UsageError when the file does not
    fit the app, or is not there."""
    if not file.is_file():
        raise UsageError(
            "there is no such file",
            where=str(file),
            hint="okamochi backup prints the name of what it wrote; FILE comes before the app's folder",
        )
    fits = fitting(file, running_app(path, world, desk))
    return tuple(f"{part.kind} {part.name}" for part in fits.manifest.parts)


def restore(file: Path, path: Path, now: datetime, world: World, *, desk: bool | None = None) -> Path:
    """Where the data lies that was there before. The app stands still meanwhile; afterwards its migrations
    bring an older database to the code's state, as at every start."""
    app = running_app(path, world, desk)
    backup = fitting(file, app)
    with app.app.state.lock(world.reporter):
        before = unused(app.app.state.folder, now)
        plan, stack = plan_of_state(app.app.state), stack_of(app.app, world)
        servers = servers_of(app.app, plan.services, world)
        save_to(before, app, now, world)
        stand_still(app, plan, stack, world)
        try:
            for part in backup.manifest.parts:
                with world.reporter.step(f"Restoring {part.name}"):
                    load(part, backup, app, plan, servers)
            go_on(app, plan, stack, world)
        except BaseException as error:
            world.reporter.warn(f"what was there before the restore is kept: {before}")
            if not isinstance(error, UnhealthyError):
                with suppress(OkamochiError):  # the first error is the one to tell
                    go_on(app, plan, stack, world)
            raise
        forget_older(app.app.state.folder, but=file)
    return before


def unused(folder: Path, now: datetime) -> Path:
    """Never a file that is there: it may be the one that is restored, or hold what a failed restore broke."""
    while (place := folder / f"{BEFORE}{now:%Y%m%d-%H%M%S}{ENDING}").exists():
        now += timedelta(seconds=1)
    return place


def forget_older(folder: Path, *, but: Path) -> None:
    """After a restore that went well the last few are kept."""
    made = sorted(folder.glob(f"{BEFORE}*{ENDING}"), key=lambda path: path.stat().st_mtime_ns)
    for path in made[:-MOST_KEPT]:
        if path.resolve() != but.resolve():
            path.unlink(missing_ok=True)


def fitting(file: Path, app: UpApp) -> BackupFile:
    backup = BackupFile.open(file)
    plan = plan_of_state(app.app.state)
    problems = tuple(mismatches(backup, plan))
    if problems:
        raise UsageError(
            f"{file.name} does not fit {plan.name}: {problems[0]}",
            where=str(file),
            hint="restore it into the app that it was made of",
            details=problems[1:],
        )
    return backup


def mismatches(backup: BackupFile, plan: Plan) -> Iterator[str]:
    manifest = backup.manifest
    if manifest.app != plan.name:
        yield f"it is of {manifest.app}"
    services = {service.name: service for service in plan.services}
    volumes = {volume.name: volume for volume in plan.volumes}
    for part in manifest.parts:
        if part.kind == "volume":
            if part.name not in volumes:
                yield f"the app has no volume {part.name}"
            continue
        service = services.get(part.name)
        if service is None:
            yield f"the app has no service {part.name}"
        elif service.kind.value != part.kind:
            yield f"{part.name} is {service.kind.value}, the file's is {part.kind}"
        elif service.database != part.database:
            yield f"the database of {part.name} is {service.database}, the file's is {part.database}"
        elif major(service.image) < major(part.image):
            yield f"{part.name} was {part.image}, now it is {service.image}: dumps are not read by older ones"


def major(image: str) -> int:
    """The first number of the tag; 0 when it has none."""
    import re

    found = re.search(r"\d+", tag_of(image))
    return int(found[0]) if found else 0


def stand_still(app: UpApp, plan: Plan, stack: Stack | None, world: World) -> None:
    if stack is None:
        app.engine.stop(app.record.container, grace_seconds=GRACE_SECONDS)
        return
    there = {service for service, _, _ in stack.project.states()}
    own = [process.name for process in plan.processes if process.name in there]
    with world.reporter.step(f"Stopping {', '.join(own)}"):
        stack.project.halt(own)


def go_on(app: UpApp, plan: Plan, stack: Stack | None, world: World) -> None:
    with world.reporter.step(f"Starting {app.record.container}"):
        if stack is None:
            start_own_servers(plan.services, Values((), ()), app.engine, app.app, world)
            app.engine.bring_back(app.record.container)
        else:
            stack.project.start()
        ends = time.monotonic() + HEALTHY_SECONDS
        while True:
            content, said = app.engine.check(app.record.container, HEALTH_CHECK)
            if content:
                return
            if time.monotonic() > ends:
                raise UnhealthyError(
                    f"the data is restored, but the app is not healthy: {said}",
                    where=app.record.container,
                    hint="see its log: okamochi logs",
                )
            time.sleep(0.5)


def load(
    part: Part, backup: BackupFile, app: UpApp, plan: Plan, servers: ComposeProject | OwnServers
) -> None:
    with backup.part(part) as source:
        if part.kind == "volume":
            path = next(volume.path for volume in plan.volumes if volume.name == part.name)
            argv = (*VOLUME_FILES, "load", path)
            must(app.engine.beside(app.record.container, argv, source=source), part)
            return
        data = data_of(next(service for service in plan.services if service.name == part.name))
        if data is None:
            raise EngineError(
                f"{part.name} cannot be loaded here",
                where=app.record.engine,
                hint="start the app's services: okamochi up --engine docker",
            )
        if not data.stopped:
            must(servers.inside(part.name, data.load, source=source), part)
            return
        servers.halt((part.name,))
        image = app.record.image_reference if data.by_app else ""
        must(servers.beside(part.name, data.load, image=image, source=source), part)


def must(done: Completed, part: Part) -> None:
    if done.ok:
        return
    raise EngineError(
        f"{part.name} could not be restored",
        where=part.file,
        hint="the lines above are its program's own",
        details=tuple(done.error_text.splitlines()[-8:]),
    )
