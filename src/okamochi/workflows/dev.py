"""`okamochi dev`: the same stack at the desk: source mounted, reload, a debugger on demand."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from okamochi.errors import OkamochiError
from okamochi.model.plan import Plan
from okamochi.run.engine import Engine
from okamochi.run.state import UpRecord
from okamochi.system.world import World
from okamochi.workflows.build import Building, BuildRequest
from okamochi.workflows.delivery.sinks import EngineSink, default_reference
from okamochi.workflows.desk.image import development_image
from okamochi.workflows.desk.start import Desk, desk_user, make_mount_points, start_desk
from okamochi.workflows.layers.platforms import chosen_platform
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.plan import PlannedProject, plan_project
from okamochi.workflows.rebuilding.remembered import BuiltImage
from okamochi.workflows.starting.apps import App, app_of, desk_of
from okamochi.workflows.starting.backing import backed, with_backing
from okamochi.workflows.starting.built_and_loaded import built_and_loaded
from okamochi.workflows.starting.chosen_engine import chosen_engine
from okamochi.workflows.starting.env_values import Reading, Values, read_values
from okamochi.workflows.starting.secrets_untold import secrets_untold
from okamochi.workflows.starting.stack_services import desk_services
from okamochi.workflows.starting.superseded import remember_image, remove_superseded

__all__ = ["DevRequest", "dev"]

ENV_FILES = (".env.dev", ".env.development", ".env")


@dataclass(frozen=True, kw_only=True)
class DevRequest:
    """What was asked for on the command line; None and empty mean: decide. `debug_port` 0 is no debugger."""

    path: Path
    engine: str | None = None
    port: int | None = None
    env_file: Path | None = None
    debug_port: int = 0
    overrides: tuple[tuple[str, str], ...] = ()


def dev(request: DevRequest, world: World) -> UpRecord:
    """The record of what serves. The desk is beside production's stack, with data and secrets of its own."""
    app = app_of(request.path, world)
    desk_app = desk_of(app, world)
    engine = chosen_engine(request.engine, world, record=desk_app.state.record())
    with desk_app.state.lock(world.reporter), secrets_untold(desk_app.state):
        planned = proved_plan(request, app, engine, world)
        env_file = request.env_file or own_env_file(request.path, world)
        reading = Reading(at_the_desk=True, on_this_machine=engine.name == "host")
        read_plan = at_the_desk(planned.plan)
        values = read_values(
            read_plan, env_file, desk_app.state, world, project=request.path, reading=reading
        )
        values, known = backed(planned.plan, values, engine, desk_app, world)
        plan = desk_services(planned.plan, known, engine, desk_app.state, world)
        user = desk_user(app.root, engine)
        make_mount_points(app.root, plan, user)
        built = development_image(
            planned, chosen_platform(None), desk_app.state, world, user=user[0], group=user[1]
        )
        values = with_backing(planned.plan, values, engine, desk_app, world)
        record = start_desk(desk_for(request, desk_app, plan, built, values, engine, world))
        remove_superseded(desk_app.state, engine)
        return record


def at_the_desk(plan: Plan) -> Plan:
    """With what stands in here among the services: it gives the app its variables."""
    return msgspec.structs.replace(plan, services=(*plan.services, *plan.development_services))


def desk_for(
    request: DevRequest, app: App, plan: Plan, built: BuiltImage, values: Values, engine: Engine, world: World
) -> Desk:
    reference = default_reference(f"{built.name}-dev", built.image, None)
    remember_image(app.state, engine, reference)
    EngineSink(engine, world).put(built.image, reference)
    names = {one.name for one in plan.processes}
    processes = tuple(one for one in built.plan.processes if one.name in names)
    desk_plan = msgspec.structs.replace(built.plan, services=plan.services, processes=processes)
    return Desk(
        app=app,
        plan=plan,
        desk_plan=desk_plan,
        reference=reference,
        image_digest=str(built.image.digest),
        values=values,
        engine=engine,
        world=world,
        port=request.port,
        debug_port=request.debug_port,
    )


def own_env_file(path: Path, world: World) -> Path | None:
    """The desk takes the project's own file for it without being told."""
    for name in ENV_FILES:
        if (path / name).is_file():
            world.reporter.note(f"values from {name} (--env-file FILE names another)")
            return path / name
    return None


def proved_plan(request: DevRequest, app: App, engine: Engine, world: World) -> PlannedProject:
    """Production's plan. A project that was never built is built and proved once: what that teaches about it
    (a library, a folder that it writes) is the desk's as well."""
    planned = plan_project(request.path, world, dict(request.overrides))
    if LockSession.open(world, planned, chosen_platform(None), LockMode.KEEP).old is not None:
        return planned
    try:
        building = Building.open(BuildRequest(path=request.path, overrides=request.overrides), world)
        built_and_loaded(app, building, engine, Values((), ()))
    except OkamochiError as failure:
        if not (request.path / "okamochi.lock").is_file():
            raise
        world.reporter.warn(f"production does not build as it is now: {failure.message}")
    return plan_project(request.path, world, dict(request.overrides))
