"""Starts the desk's containers: a stack by compose.yaml and compose.dev.yaml, else one container."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from okamochi.errors import EngineError, OkamochiError, UnhealthyError, UsageError
from okamochi.model.backing_service import ServiceKind
from okamochi.model.development import DEBUGGER_PORT, development_environment
from okamochi.model.plan import APP_ROOT, Plan
from okamochi.model.process import ProcessType
from okamochi.oci.reference import Reference
from okamochi.render.compose_dev import MAIL_PAGE_PORT, mount_points, render_compose_dev
from okamochi.run.beside import Watch, failure_of
from okamochi.run.docker import DockerEngine
from okamochi.run.engine import Engine
from okamochi.run.look import url_for_people
from okamochi.run.ports import TakenPort, choose_port
from okamochi.run.spec import ContainerState, RunSpec
from okamochi.run.state import UpRecord
from okamochi.run.wait import FailingBeside, FailingPage, Patience, wait_until_healthy
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.beside_web import (
    Command,
    production_command,
    run_releases,
    start_workers,
)
from okamochi.workflows.starting.coded_passwords import keep_coded_passwords
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.previous import GRACE_SECONDS, Previous
from okamochi.workflows.starting.setup import offer_setup
from okamochi.workflows.starting.stack import Stack, new_stack, stack_of
from okamochi.workflows.starting.stack_services import is_desk_stack, with_service_values
from okamochi.workflows.starting.web_port import WebPort
from okamochi.workflows.starting.web_spec import web_spec

__all__ = [
    "Desk",
    "desk_user",
    "make_mount_points",
    "refuse_open_ports",
    "spec_of",
    "start_desk",
    "started_on_a_port",
]

# of the kit's program that starts the desk's command
WAITS = "waiting for a change of the code"
LOOK_AFTER_SECONDS = 1.5
PATIENCE = Patience(failing_page_seconds=4)
BESIDE = Watch(limit_seconds=15, steady_seconds=3)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What is started: production's `plan` without the services that are not, and the desk's of it.

    `port` is the one asked for, None for any; `debug_port` is where a debugger may attach, 0 for none."""

    app: App
    plan: Plan
    desk_plan: Plan
    reference: Reference
    image_digest: str
    values: Values
    engine: Engine
    world: World
    port: int | None = None
    debug_port: int = 0


def desk_user(root: Path, engine: Engine) -> tuple[int, int]:
    """Whose files these are: ours; the folder's owner when we are root."""
    if isinstance(engine, DockerEngine) and engine.is_rootless:
        return 0, 0
    if os.geteuid():
        return os.geteuid(), os.getegid()
    owner = root.stat()
    return owner.st_uid, owner.st_gid


def make_mount_points(root: Path, plan: Plan, user: tuple[int, int]) -> None:
    """The folders of the source that volumes cover: the engine would make them as root. UsageError when the
    project's folder cannot be written."""
    for path in mount_points(plan):
        place = root
        for part in Path(path).parts:
            place = place / part
            if place.is_dir():
                continue
            try:
                place.mkdir()
                if os.geteuid() == 0:
                    os.chown(place, *user)
            except OSError as error:
                raise UsageError(
                    f"the folder {path}, on which a volume is mounted, cannot be made: {error.strerror}",
                    where=str(place),
                    hint="make the project's folder writable, or make this folder by hand",
                ) from error


def start_desk(desk: Desk) -> UpRecord:
    """What serves at its URL. A page or a worker that fails is a warning: the next edit may mend it.
    UnhealthyError when nothing listens."""
    previous = Previous.of(desk.app, desk.world)
    refuse_taken_debug_port(desk, previous)
    migrate(desk)
    spec, begun = started_on_a_port(desk, previous), time.monotonic()
    record = record_of(desk, spec)
    desk.app.state.put_record(record)
    wait(desk, spec)
    refuse_open_ports(desk, spec)
    wait_beside(desk, spec, begun)
    if desk.debug_port:
        desk.world.reporter.note(f"a debugger can attach at 127.0.0.1:{desk.debug_port} (debugpy)")
    return record


def started_on_a_port(desk: Desk, previous: Previous) -> RunSpec:
    web_port = WebPort(desk.port, desk.plan.web.port, previous, desk.world)

    def start_on(port: int) -> RunSpec:
        return started(desk, spec_of(desk, port), previous)

    return web_port.started(start_on, TakenPort)


def started(desk: Desk, spec: RunSpec, previous: Previous) -> RunSpec:
    """In the place of what ran before, which comes back when the engine does not start it."""
    stack = is_desk_stack(desk.plan) and desk.engine.composes
    try:
        return started_stack(desk, spec, previous) if stack else started_container(desk, spec, previous)
    except BaseException:
        if previous.aside:
            previous.come_back()
        raise


def started_container(desk: Desk, spec: RunSpec, previous: Previous) -> RunSpec:
    previous.step_aside(desk.engine)
    desk.engine.start(spec)
    previous.be_gone()
    return spec


def started_stack(desk: Desk, spec: RunSpec, previous: Previous) -> RunSpec:
    """The services and processes of the plan; web is left to `wait`."""
    keep_coded_passwords(desk.plan.services, desk.values, desk.app.root, desk.app.state, desk.world)
    values = with_service_values(desk.plan, desk.values, desk.app.state, desk.world)
    variables = {
        "OKAMOCHI_DEV_IMAGE": str(desk.reference.tagged),
        "OKAMOCHI_UID": str(desk.desk_plan.security.run_as_user),
        "OKAMOCHI_GID": str(desk.desk_plan.security.run_as_group),
        "OKAMOCHI_DEBUG_PORT": str(desk.debug_port or ""),
        **mail_page(desk),
    }
    override = render_compose_dev(desk.plan, any_path=True)
    stack: Stack = new_stack(
        desk.app,
        desk.plan,
        desk.reference,
        values,
        spec.published_port,
        desk.engine,
        desk.world,
        (override, variables),
    )
    if previous.name and previous.name != stack.web:
        previous.step_aside(desk.engine)
    names = [one.name for one in (*desk.plan.services, *desk.plan.development_services)]
    names += [one.name for one in desk.plan.processes]
    with desk.world.reporter.step(f"Starting {', '.join(names)}"):
        stack.started(desk.plan)
    previous.be_gone()
    desk.app.state.forget_given_secrets(but=values.secret_names)
    return msgspec.structs.replace(spec, name=stack.web)


def mail_page(desk: Desk) -> dict[str, str]:
    """Where the mail catcher shows what was sent; nothing without one."""
    if not any(one.kind is ServiceKind.MAIL for one in desk.plan.development_services):
        return {}
    running = desk.engine.inspect(f"okamochi-{desk.app.identity}-mail-1".replace(".", "-"))
    port = int(running.address.rpartition(":")[2] or 0) if running.address else 0
    port = port or choose_port(MAIL_PAGE_PORT, explicit=False, runner=desk.world.runner)
    desk.world.reporter.note(f"mail that the app sends is shown at http://127.0.0.1:{port}/")
    return {"OKAMOCHI_MAIL_PORT": str(port)}


def wait(desk: Desk, spec: RunSpec) -> None:
    try:
        with desk.world.reporter.step("Waiting for the app"):
            wait_until_healthy(desk.engine, spec, PATIENCE, pause=watching(desk, spec))
    except FailingPage as failure:
        told(desk, failure)
    except UnhealthyError as failure:
        if desk.engine.inspect(spec.name).state is not ContainerState.RUNNING:
            raise
        told(desk, failure)


def migrate(desk: Desk) -> None:
    """Where no Compose does it in its turn. What fails there is told: the next edit may mend it."""
    if desk.engine.composes:
        return
    web = without_debugger(desk, 0)
    try:
        run_releases(desk.desk_plan, web, command(desk, web), desk.engine, desk.world)
    except UnhealthyError as failure:
        told(desk, failure)


def wait_beside(desk: Desk, web: RunSpec, begun: float) -> None:
    """For workers and the like; where no Compose starts them, they are started here."""
    if not desk.engine.composes:
        beside = without_debugger(desk, web.published_port)
        try:
            start_workers(desk.desk_plan, beside, command(desk, beside), desk.engine, desk.world)
        except FailingBeside as failure:
            told(desk, failure)
        return
    stack = stack_of(desk.app, desk.world) if is_desk_stack(desk.plan) else None
    ailing = stack.ailing_beside(desk.plan, {}, begun, BESIDE) if stack is not None else ()
    for one in ailing:
        told(desk, failure_of(desk.engine, (one,), UnhealthyError, "save a file to try again"))


def without_debugger(desk: Desk, port: int) -> RunSpec:
    """Web's, for what runs beside it: one alone can listen there."""
    return spec_of(replace(desk, debug_port=0), port)


def command(desk: Desk, web: RunSpec) -> Command:
    """Of each process beside web: a worker's starts it again when the code changes."""
    production = production_command(desk.desk_plan, web)
    return lambda process: production(process) if process.type is ProcessType.RELEASE else process.argv


def refuse_open_ports(desk: Desk, spec: RunSpec) -> None:
    """EngineError, and the desk ends, where its own code lets others reach what debugs."""
    ports = desk.engine.open_ports(spec.name)
    if not ports:
        return
    desk.engine.stop(spec.name, grace_seconds=GRACE_SECONDS)
    desk.engine.remove(spec.name)
    raise EngineError(
        f"the app listens on every address of this machine (port {', '.join(map(str, ports))}), as its own "
        "code says: others would reach the debugger, which runs any code; it was ended",
        where=f"--engine {desk.engine.name}",
        hint="let the code read the address from a variable, as HOST, or use --engine docker or podman",
    )


def watching(desk: Desk, spec: RunSpec) -> Callable[[float], None]:
    """A pause that ends the wait when the kit says that it waits for an edit itself."""
    begin = time.monotonic()

    def pause(seconds: float) -> None:
        time.sleep(seconds)
        if time.monotonic() - begin < LOOK_AFTER_SECONDS:
            return
        log = desk.engine.logs(spec.name, tail=20)
        if WAITS in "".join(log.splitlines()[-1:]):
            raise UnhealthyError(
                "the app did not start",
                where=spec.name,
                hint="see its log above",
                details=tuple(log.splitlines()),
            )

    return pause


def told(desk: Desk, failure: OkamochiError) -> None:
    desk.world.reporter.warn(failure.message)
    for line in failure.details[-8:]:
        desk.world.reporter.note(line)
    if isinstance(failure, UnhealthyError):
        before = failure.hint
        offer_setup(failure, desk.plan, desk.app.root, at_desk=True)
        if failure.hint != before:
            desk.world.reporter.note(failure.hint)
    desk.world.reporter.note("it goes on running: save a file to try again; okamochi logs -f shows its log")


def refuse_taken_debug_port(desk: Desk, previous: Previous) -> None:
    """EngineError naming who holds it, unless that is the desk's own debugger, which is about to go."""
    if desk.debug_port and not previous.serving_port:
        choose_port(desk.debug_port, explicit=True, runner=desk.world.runner)


def spec_of(desk: Desk, port: int) -> RunSpec:
    more = {
        **development_environment(desk.plan),
        "OKAMOCHI_ADDRESS": "127.0.0.1",
        "OKAMOCHI_DEBUG_PORT": str(desk.debug_port or ""),
        **mail_page(desk),
    }
    return msgspec.structs.replace(
        web_spec(desk.app, desk.desk_plan, desk.reference, desk.values, port, more),
        binds=((str(desk.app.root), APP_ROOT),),
        further_ports=((desk.debug_port, DEBUGGER_PORT),) if desk.debug_port else (),
    )


def record_of(desk: Desk, spec: RunSpec) -> UpRecord:
    if not spec.published_port:
        raise EngineError("the desk has no port", where=spec.name, hint="this is a bug in okamochi")
    return UpRecord(
        app=desk.app.identity,
        engine=desk.engine.name,
        container=spec.name,
        image_reference=spec.image_reference,
        image_digest=desk.image_digest,
        port=spec.published_port,
        url=url_for_people(spec),
        project=str(desk.app.root),
    )
