"""`okamochi up`: build, start, wait until healthy."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from okamochi.errors import BuildError, EngineError, PlanError, UnhealthyError, UsageError
from okamochi.model.codec import plan_to_json
from okamochi.model.correction import Correction
from okamochi.model.kit_programs import HEALTH_CHECK, command_of, health_environment, with_doors
from okamochi.model.plan import Plan
from okamochi.model.process import Process
from okamochi.oci.reference import Reference
from okamochi.run.engine import Engine
from okamochi.run.engines import ENGINES, answering_engine, engine_named, refusals
from okamochi.run.proof.answer import Outcome
from okamochi.run.spec import RunSpec
from okamochi.run.state import UpRecord
from okamochi.run.wait import FailingBeside, FailingPage, GoesOn, start_healthy, url_for_people
from okamochi.system.world import World
from okamochi.workflows.apps import App, app_of
from okamochi.workflows.beside_web import run_releases, start_workers, stop_former, worker_names
from okamochi.workflows.build import Building, BuildRequest
from okamochi.workflows.coded_passwords import keep_coded_passwords
from okamochi.workflows.env_values import Reading, Values, read_values
from okamochi.workflows.failed_start import FailedStart
from okamochi.workflows.left_behind import tell_left_behind
from okamochi.workflows.left_out import tell_left_out
from okamochi.workflows.looked_round import looked_round, seen_in_log
from okamochi.workflows.machine_services import with_machine_services
from okamochi.workflows.missing_copy import tell_example
from okamochi.workflows.previous import Previous
from okamochi.workflows.prove_entry import Proof, tell_proof
from okamochi.workflows.proved_before import ProvedBefore
from okamochi.workflows.proved_build import Delivered, build_proved
from okamochi.workflows.remembered import BuiltImage
from okamochi.workflows.serves_already import is_healthy, start_digest
from okamochi.workflows.setup import Setup, offer_setup, setup_of
from okamochi.workflows.sinks import EngineSink, default_reference
from okamochi.workflows.stack import Stack, new_stack
from okamochi.workflows.stack_services import (
    is_given,
    is_stack,
    needed_services,
    refuse_absent,
    served_secrets,
    tell_stores,
    with_service_values,
)
from okamochi.workflows.superseded import remember_image, remove_superseded
from okamochi.workflows.unset_values import tell_unset
from okamochi.workflows.volume_check import tell_unwritable_volumes
from okamochi.workflows.web_port import WebPort, port_lock

__all__ = ["UpRequest", "up"]

MOST_STARTS = 6


@dataclass(frozen=True, kw_only=True)
class UpRequest:
    """What was asked for on the command line; None and empty mean: decide."""

    build: BuildRequest
    engine: str | None = None
    port: int | None = None
    env_file: Path | None = None
    setup: tuple[str, ...] = ()


def up(request: UpRequest, world: World, *, app: App | None = None) -> UpRecord:
    """The record of what is serving, healthy, at its URL; `app` is the folder's own unless it is given."""
    app = app or app_of(request.build.path, world)
    engine = chosen_engine(request.engine, world)
    with app.state.lock(), app.state.secrets_kept(unless=GoesOn):
        building = Building.open(request.build, world)
        reading = Reading(on_this_machine=engine.name == "host")
        values = read_values(
            building.plan, request.env_file, app.state, world, project=request.build.path, reading=reading
        )
        tell_stores(building.plan, values, world)
        if engine.name == "host":
            values = with_machine_services(building.plan, values, app.state, world)
        refuse_absent(building.plan, values, engine, app.state)  # before a build is spent on it
        record = mended(app, building, engine, values, request, world)
        app.state.forget_given_secrets(but=(*values.secret_names, *served_secrets(building.plan)))
        remove_superseded(app.state, engine)
    world.cache.prune_when_due()
    return record


def mended(
    app: App, building: Building, engine: Engine, values: Values, request: UpRequest, world: World
) -> UpRecord:
    """The record of what serves; what a start, its pages or the log of what served until now show that the
    app writes is given to it, and the start tried again."""
    correction = seen_until_now(app, building, world)
    if correction is not None:
        world.reporter.note(f"{correction.reason}: trying {correction.kind} {correction.value}")
        building.correct(correction)
    failed: FailedStart | None = None
    for left in reversed(range(MOST_STARTS)):
        previous = Previous.of(app, world)
        if request.port is not None:  # a taken port is told before a build is spent on it
            WebPort(request.port, building.plan.web.port, previous, world).choose()
        try:
            built, reference, pages = built_and_loaded(app, building, engine, values, world)
        except (BuildError, PlanError) as error:
            if failed is None:
                tell_example(error, app.root)
                raise
            failed.refuse(building, error, world)
        else:
            try:
                record = started(app, built, reference, previous, engine, values, request, world)
            except UnhealthyError as failure:
                offer_setup(failure, built.plan)
                tell_left_behind(failure, built.plan)
                tell_example(failure, app.root)
                tell_unset(failure, built.plan, (*dict(values.plain), *values.secret_names))
                failed = FailedStart(failure, building.plan_now(), built, reference, failed)
            else:
                failed = None
                correction = looked_round(record, building, engine, pages, world) if pages and left else None
                if correction is None:
                    return record
        if failed is not None:
            correction = failed.correction(building, engine, dict(values.plain), world)
            if correction is None:
                raise failed.failure
        assert correction is not None  # else it was returned or raised above
        world.reporter.note(f"{correction.reason}: trying {correction.kind} {correction.value}")
        building.correct(correction)
    raise failure_of_many(app)


def seen_until_now(app: App, building: Building, world: World) -> Correction | None:
    """From the log of what serves: it may have met a path that it could not write long after its start."""
    previous = Previous.of(app, world)
    if previous.engine is None or not previous.serving_port:
        return None
    log = previous.engine.logs(previous.name, tail=500)
    return seen_in_log(log, building, "the log of what serves saw")


def failure_of_many(app: App) -> UnhealthyError:
    return UnhealthyError(
        f"the app was started {MOST_STARTS} times, and each time it could not write somewhere else",
        where=str(app.root),
        hint="let it write below one folder, and name that in [tool.okamochi] volumes",
    )


def started(
    app: App,
    built: BuiltImage,
    reference: Reference,
    previous: Previous,
    engine: Engine,
    values: Values,
    request: UpRequest,
    world: World,
) -> UpRecord:
    """The record of the image's stack or container, healthy."""
    plan = built.plan
    if is_stack(plan):
        plan = needed_services(plan, values, engine, app.state, world)
        if is_stack(plan) and engine.composes:
            try:
                return stack_up(app, built, plan, reference, values, previous, request, engine, world)
            except UnhealthyError as failure:
                known = values.known(app.state)
                here = [one for one in built.plan.services if not is_given(one, known, engine)]
                tell_left_out(failure, here, plan.services)
                raise
    web = spec_of(app, built, str(reference.tagged), values, 0)
    parts = (msgspec.json.encode(web), msgspec.json.encode(plan.processes))
    digest = start_digest(app.state, engine, values.secret_names, *parts)
    serving = same_start(app, digest, request)
    if serving is not None:
        spec = msgspec.structs.replace(web, published_port=serving.port)
        if is_healthy(engine, spec, worker_names(plan, web)):
            world.reporter.note(f"nothing changed: {serving.container} goes on serving")
            return serving
    app.state.put_started_as("")
    setup = setup_of(request.setup, plan, app.state, world)
    app.state.put_plan(plan_to_json(msgspec.structs.replace(plan, services=(), decisions=())))
    run_releases(plan, web, engine, world)
    web_port = WebPort(request.port, plan.web.port, previous, world)

    def start_on(port: int) -> RunSpec:
        spec = spec_of(app, built, str(reference.tagged), values, port)
        start(engine, spec, previous, world, setup)
        return spec

    record = replaced(
        previous,
        lambda: web_port.started(start_on, EngineError, UnhealthyError),
        lambda spec: record_of(app, engine, built, spec),
    )
    start_workers(plan, web, engine, world)
    tell_unwritable_volumes(record.container, plan, engine, world)
    app.state.put_started_as(digest)
    return record


def same_start(app: App, digest: str, request: UpRequest) -> UpRecord | None:
    """The record of the last start when it was made with just that, and nothing more is asked for; whether it
    still serves is another question."""
    record = app.state.record()
    if record is None or request.setup or request.port not in (None, record.port):
        return None
    return record if app.state.started_as() == digest else None


def stack_up(
    app: App,
    built: BuiltImage,
    plan: Plan,
    reference: Reference,
    values: Values,
    previous: Previous,
    request: UpRequest,
    engine: Engine,
    world: World,
) -> UpRecord:
    """The record of a stack that serves; what ran before as one container makes room."""
    keep_coded_passwords(plan, values, app.root, app.state, world)
    values = with_service_values(plan, values, app.state, world)
    setup = setup_of(request.setup, built.plan, app.state, world)

    def start_on(port: int) -> tuple[RunSpec, str, FailingBeside | None]:
        failing = None
        stack = new_stack(app, plan, reference, values, port, engine, world)
        spec = spec_of(app, built, str(reference.tagged), values, port)
        spec = msgspec.structs.replace(spec, name=stack.web)
        digest = start_digest(app.state, engine, values.secret_names, *stack.files)
        same = same_start(app, digest, request) is not None
        if same and stack.is_complete(plan) and is_healthy(engine, spec):
            world.reporter.note(f"nothing changed: {stack.web} and what is beside it go on")
        else:
            app.state.put_started_as("")
            failing = start_stack(stack, spec, plan, previous, engine, setup)
        return spec, digest, failing

    spec, digest, failing = WebPort(request.port, plan.web.port, previous, world).started(
        start_on, EngineError
    )
    record = record_of(app, engine, built, spec)
    public = public_url(plan.domain, world)
    record = msgspec.structs.replace(record, public_url=public)
    app.state.put_record(record)
    if failing is None:
        app.state.put_started_as(digest)
    app.state.put_plan(plan_to_json(plan))
    tell_unwritable_volumes(spec.name, plan, engine, world)
    if previous.name and previous.name != spec.name:
        previous.be_gone()
        stop_former(msgspec.structs.replace(spec, name=previous.name), engine, world)
    app.state.forget_given_secrets(but=values.secret_names)
    if failing is not None:
        raise failing
    return record


def public_url(domain: str, world: World) -> str:
    port = world.environ.get("OKAMOCHI_HTTPS_PORT", "")
    return f"https://{domain}{f':{port}' if port else ''}/" if domain else ""


def start_stack(
    stack: Stack, spec: RunSpec, plan: Plan, previous: Previous, engine: Engine, setup: Setup
) -> FailingBeside | None:
    """What fails beside a web that goes on, None when all is well."""
    if previous.name and previous.name != stack.web:
        previous.step_aside(engine)
    try:
        return stack.start(spec, plan, setup.run)
    except BaseException:
        previous.come_back()
        raise


def built_and_loaded(
    app: App, building: Building, engine: Engine, values: Values, world: World
) -> tuple[BuiltImage, Reference, tuple[str, ...]]:
    """With the pages that the proof saw, when it is a new image. What cannot be served at all is told before
    what serves now is stopped; whether the rest is healthy, the start will tell."""
    sink = EngineSink(engine, world)

    def deliver(built: BuiltImage) -> Delivered:
        reference = default_reference(built.name, built.image, None)
        remember_image(app.state, engine, reference)
        return Delivered(built, reference, (sink.put(built.image, reference),))

    from okamochi.run.proof.trial import with_untold

    given = with_untold(dict(values.plain), values.secret_names)
    delivered, proof = build_proved(building, world, deliver, sinks=(sink,), given=given)
    if not isinstance(proof, ProvedBefore) and proof.verdict.outcome is Outcome.PROVED:
        tell_proof(proof, delivered.built, world)
    pages = () if isinstance(proof, ProvedBefore) else pages_of(proof)
    return delivered.built, delivered.reference, pages


def pages_of(proof: Proof) -> tuple[str, ...]:
    found = proof.answer.pages if proof.answer is not None else ()
    return tuple(dict.fromkeys(("/", *(page.path for page in found))))


def replaced(
    previous: Previous, start_it: Callable[[], RunSpec], record_for: Callable[[RunSpec], UpRecord]
) -> UpRecord:
    """The record of what was started in the place of the previous one, which comes back when that fails."""
    state = previous.app.state
    try:
        record = record_for(start_it())
    except FailingPage as failure:
        state.put_record(record_for(failure.spec))
        previous.be_gone()
        previous.world.reporter.note(
            "it goes on running: 'okamochi exec COMMAND' may mend it, 'okamochi down' ends it"
        )
        raise
    except BaseException:
        with port_lock(previous.port, previous.world):
            previous.come_back()
        raise
    state.put_record(record)
    previous.be_gone()
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
        tell_missing(engine_found, world)
        return engine_found
    for refused, why in refusals(world):
        world.reporter.note(f"{refused}: {why}")
    world.reporter.note("no container engine answers: running the image's own files on this machine")
    host = engine_named("host", world)
    tell_missing(host, world)
    return host


def tell_missing(engine: Engine, world: World) -> None:
    """Warns of limits that the engine cannot set; EngineError when it does not answer."""
    for sentence in engine.facts().missing:
        world.reporter.warn(f"{engine.name}: {sentence}")


def spec_of(app: App, built: BuiltImage, reference: str, values: Values, port: int) -> RunSpec:
    web: Process = built.plan.web
    argv = with_doors(built.plan, command_of(web, secrets=bool(values.secret_names)))
    environment = {**dict(values.plain), **health_environment(web), "PORT": str(web.port)}
    return RunSpec(
        name=f"okamochi-{app.identity}",
        app=app.identity,
        image_reference=reference,
        process=replace(web, argv=argv),
        environment=tuple(sorted(environment.items())),
        secrets_folder=str(app.state.secrets_folder),
        secret_names=values.secret_names,
        secret_paths=values.secret_paths,
        volumes=built.plan.volumes,
        temporary_folders=built.plan.temporary_folders,
        security=built.plan.security,
        published_port=port,
        labels=(("io.okamochi.project", str(app.root)),),
        healthcheck=HEALTH_CHECK,
    )


def start(engine: Engine, spec: RunSpec, previous: Previous, world: World, setup: Setup) -> None:
    with world.reporter.step(f"Starting {spec.name}"):
        previous.step_aside(engine)
        healthy = start_healthy(engine, spec, prepare=setup.run)
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
        url=url_for_people(spec),
        project=str(app.root),
    )
