"""`okamochi backup`: the databases and volumes of a running app, in one file."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from okamochi import __version__
from okamochi.errors import EngineError, UsageError
from okamochi.model.backing_service import ServiceKind
from okamochi.model.codec import plan_from_json
from okamochi.model.kit_programs import VOLUME_FILES
from okamochi.model.plan import Plan
from okamochi.oci.digest import Digest
from okamochi.run.compose import ComposeProject
from okamochi.run.service_data import data_of
from okamochi.run.spec import ContainerState
from okamochi.run.state import AppState
from okamochi.system.clock import rfc3339
from okamochi.system.files import require_file_place, storage_errors
from okamochi.system.process import Completed
from okamochi.system.world import World
from okamochi.workflows.starting.apps import UpApp, running_app
from okamochi.workflows.starting.backup_file import FORMAT, Manifest, Part, write_backup
from okamochi.workflows.starting.own_servers_data import OwnServers, servers_of

__all__ = ["ENDING", "backup", "plan_of_state", "save_to"]

ENDING = ".okamochi-backup"
PASSING = "it keeps nothing that outlives it"
NOT_KEPT = {ServiceKind.RABBITMQ: "what waits in its queues stays in its volume"}


@dataclass(frozen=True)
class Saved:
    path: Path
    manifest: Manifest


def backup(
    path: Path, output: Path | None, now: datetime, world: World, *, desk: bool | None = None
) -> Saved:
    """The file, complete, and what is in it. The app goes on serving meanwhile."""
    app = running_app(path, world, desk)
    name = f"{app.app.root.name}-{now:%Y%m%d-%H%M%S}{ENDING}"
    target = Path(name) if output is None else output / name if output.is_dir() else output
    require_file_place(target, option="--output")
    with app.app.state.lock(world.reporter):
        return Saved(target, save_to(target, app, now, world))


def save_to(target: Path, app: UpApp, now: datetime, world: World) -> Manifest:
    """Databases first: what a row of theirs names is in the volumes that are copied after it."""
    plan = plan_of_state(app.app.state)
    if app.engine.inspect(app.record.container).state is ContainerState.ABSENT:
        raise EngineError(
            f"{app.record.container} is gone", where=app.record.engine, hint="start it again: okamochi up"
        )
    servers = servers_of(app.app, plan.services, world)
    elsewhere = f"make {target.parent} writable, or name a file elsewhere"
    with (
        storage_errors(target, hint=elsewhere),
        tempfile.TemporaryDirectory(prefix=".okamochi-backup-", dir=target.parent) as name,
    ):
        folder = Path(name)
        image = app.record.image_reference
        parts = [*databases(servers, plan, image, folder, world), *volumes(app, plan, folder, world)]
        manifest = Manifest(
            format=FORMAT,
            app=plan.name,
            made=rfc3339(now),
            okamochi=__version__,
            parts=tuple(parts),
            left_out=left_out(plan),
        )
        if not parts:
            raise UsageError(
                "; ".join((f"{plan.name} has neither volumes nor databases of its own", *manifest.left_out)),
                where=str(app.app.root),
                hint="databases elsewhere are backed up where they are",
            )
        write_backup(target, manifest, folder)
    return manifest


def databases(
    servers: ComposeProject | OwnServers, plan: Plan, image: str, folder: Path, world: World
) -> Iterator[Part]:
    """`image` is the app's."""
    for service in plan.services:
        data = data_of(service)
        if data is None:
            continue
        file = f"database-{service.name}.{data.file}"
        with world.reporter.step(f"Saving {service.name} ({service.image})"):
            inside = partial(servers.inside, service.name, data.save)
            beside = partial(servers.beside, service.name, data.save, image=image)
            run = beside if data.by_app else inside
            digest, size = written(folder / file, run, service.name)
        yield Part(
            kind=service.kind.value,
            name=service.name,
            file=file,
            digest=digest,
            size_bytes=size,
            image=service.image,
            database=service.database,
        )


def volumes(app: UpApp, plan: Plan, folder: Path, world: World) -> Iterator[Part]:
    for volume in plan.volumes:
        file = f"volume-{volume.name}.tar"
        argv = (*VOLUME_FILES, "save", volume.path)
        with world.reporter.step(f"Saving {volume.name} ({volume.path})"):
            run = partial(app.engine.beside, app.record.container, argv)
            digest, size = written(folder / file, run, volume.name)
        yield Part(
            kind="volume", name=volume.name, file=file, digest=digest, size_bytes=size, path=volume.path
        )


def written(target: Path, run: Callable[..., Completed], name: str) -> tuple[str, int]:
    """(digest, size) of what the command wrote."""
    with target.open("wb") as stream:
        done = run(into=stream)
    if not done.ok:
        raise EngineError(
            f"{name} could not be saved",
            where=name,
            hint="the lines above are its program's own; nothing was written",
            details=tuple(done.error_text.splitlines()[-8:]),
        )
    with target.open("rb") as stream:
        return str(Digest.of_stream(stream)), target.stat().st_size


def left_out(plan: Plan) -> tuple[str, ...]:
    return tuple(
        f"{service.name} ({service.image}) is not in it: {NOT_KEPT.get(service.kind, PASSING)}"
        for service in plan.services
        if data_of(service) is None
    )


def plan_of_state(state: AppState) -> Plan:
    content = state.plan_json()
    if content:
        return plan_from_json(content)
    raise EngineError(
        "an older okamochi started this app and left no plan",
        where=str(state.folder),
        hint="run okamochi up once more",
    )
