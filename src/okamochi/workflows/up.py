"""`okamochi up`: build, start, wait until healthy."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from okamochi.build.configuration import health_argv, health_environment
from okamochi.errors import EngineError, UnhealthyError, UsageError
from okamochi.model.plan import Plan
from okamochi.model.process import Process
from okamochi.run.engine import Engine
from okamochi.run.engines import ENGINES, answering_engine, engine_named, refusals
from okamochi.run.ports import choose_port, is_free
from okamochi.run.spec import RunSpec
from okamochi.run.state import UpRecord
from okamochi.run.wait import FailingPage, start_healthy, url_of
from okamochi.system.world import World
from okamochi.workflows.apps import App, app_of
from okamochi.workflows.build import Building, BuildRequest
from okamochi.workflows.env_values import Values, read_values
from okamochi.workflows.remembered import BuiltImage
from okamochi.workflows.sinks import default_reference

__all__ = ["UpRequest", "up"]

PORT_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class UpRequest:
    """What was asked for on the command line; None and empty mean: decide."""

    build: BuildRequest
    engine: str | None = None
    port: int | None = None
    env_file: Path | None = None


def up(request: UpRequest, world: World) -> UpRecord:
    """The record of what is serving, healthy, at its URL."""
    app = app_of(request.build.path, world)
    engine = chosen_engine(request.engine, world)
    with app.state.lock():
        building = Building.open(request.build, world)
        values = read_values(building.plan, request.env_file, app.state, world)
        if request.port is not None:  # a taken port is told before a build is spent on it
            port_of(app, engine, building.plan, request, world)
        replace_on_other_engine(app, engine, world)
        built = building.image()
        reference = default_reference(built.name, built.image, None)
        with world.reporter.step(f"Loading into {engine.name}"):
            engine.load(built.image, reference)
        try:
            spec = started_on_a_port(
                engine,
                lambda port: spec_of(app, built, str(reference.tagged), values, port),
                lambda: port_of(app, engine, built.plan, request, world),
                world,
                tries=1 if request.port is not None else PORT_TRIES,
            )
        except FailingPage as failure:
            app.state.put_record(record_of(app, engine, built, failure.spec))
            world.reporter.note(
                "it goes on running: 'okamochi exec COMMAND' may mend it, 'okamochi down' ends it"
            )
            raise
        record = record_of(app, engine, built, spec)
        app.state.put_record(record)
    world.cache.prune_when_due()
    return record


def chosen_engine(name: str | None, world: World) -> Engine:
    """The one asked for, which must answer; else docker, podman, or the host, in this order."""
    if name is not None:
        if name not in ENGINES:
            raise UsageError(f"no such engine: {name!r}", where="--engine", hint=f"use {', '.join(ENGINES)}")
        engine = engine_named(name, world)
        tell_missing(engine, world)
        return engine
    engine_found = answering_engine(world)
    if engine_found is not None:
        return engine_found
    for refused, why in refusals(world):
        world.reporter.note(f"{refused}: {why}")
    world.reporter.note("no container engine answers: running the image's own files on this machine")
    host = engine_named("host", world)
    tell_missing(host, world)
    return host


def tell_missing(engine: Engine, world: World) -> None:
    """EngineError when the engine does not answer."""
    for sentence in engine.facts().missing:
        world.reporter.warn(f"{engine.name}: {sentence}")


def replace_on_other_engine(app: App, engine: Engine, world: World) -> None:
    """An app runs on one engine at a time: what ran on another one is stopped."""
    record = app.state.record()
    if record is None or record.engine == engine.name:
        return
    other = engine_named(record.engine, world)
    world.reporter.note(f"stopping {record.container} on {record.engine}")
    other.stop(record.container, grace_seconds=10)
    other.remove(record.container)
    app.state.drop_record()


def port_of(app: App, engine: Engine, plan: Plan, request: UpRequest, world: World) -> int:
    """The port asked for; else the one this app had; else the process's own, or the next free one, told.

    A container of this app that is about to be replaced does not hold its port against itself.
    """
    record = app.state.record()
    running = record if record and engine.inspect(record.container).state == "running" else None
    if running and request.port in (None, running.port):
        return running.port
    wanted = request.port or plan.web.port
    port = choose_port(wanted, explicit=request.port is not None, runner=world.runner)
    if port != wanted:
        world.reporter.note(f"port {wanted} is taken; using {port}")
    return port


def spec_of(app: App, built: BuiltImage, reference: str, values: Values, port: int) -> RunSpec:
    web: Process = built.plan.web
    environment = {**dict(values.plain), **health_environment(web), "PORT": str(web.port)}
    return RunSpec(
        name=f"okamochi-{app.identity}",
        app=app.identity,
        image_reference=reference,
        process=web,
        environment=tuple(sorted(environment.items())),
        secrets_folder=str(app.state.secrets_folder),
        secret_names=values.secret_names,
        volumes=built.plan.volumes,
        security=built.plan.security,
        published_port=port,
        labels=(("io.okamochi.project", str(app.root)),),
        healthcheck=health_argv(),
    )


def started_on_a_port(
    engine: Engine,
    spec_on: Callable[[int], RunSpec],
    choose: Callable[[], int],
    world: World,
    *,
    tries: int,
) -> RunSpec:
    """What was started, healthy.

    Between choosing a port and listening on it, somebody else may take it: then another one is chosen.
    The lock keeps two `up` apart: the second one would take the first one's answers for its own app's.
    """
    for left in reversed(range(tries)):
        port = choose()
        with world.cache.lock(f"port-{port}"):
            if left and choose() != port:
                continue
            spec = spec_on(port)
            try:
                start(engine, spec, world)
                return spec
            except FailingPage:
                raise
            except (EngineError, UnhealthyError):
                if not left or is_free(port):
                    raise
    raise AssertionError("at least one try")


def start(engine: Engine, spec: RunSpec, world: World) -> None:
    with world.reporter.step(f"Starting {spec.name}"):
        healthy = start_healthy(engine, spec)
    if healthy.note:
        world.reporter.note(healthy.note)


def record_of(app: App, engine: Engine, built: BuiltImage, spec: RunSpec) -> UpRecord:
    return UpRecord(
        app=app.identity,
        engine=engine.name,
        container=spec.name,
        image_reference=spec.image_reference,
        image_digest=str(built.image.digest),
        port=spec.published_port,
        url=url_of(spec),
        project=str(app.root),
    )
