"""Release, workers and schedulers on engines without Compose: one container each, beside web's."""

import time
from collections.abc import Callable

import msgspec

from okamochi.errors import EngineError, UnhealthyError
from okamochi.model.kit_programs import command_of, health_environment, with_doors
from okamochi.model.plan import Plan
from okamochi.model.process import HeartbeatProbe, Process, ProcessType
from okamochi.run.beside import Ailing, Part, Watch, absent, ailing_parts, failure_of
from okamochi.run.diagnose import diagnose
from okamochi.run.engine import Engine
from okamochi.run.spec import RunSpec, aside_name
from okamochi.run.wait import FailingBeside
from okamochi.system.world import World
from okamochi.workflows.starting.previous import GRACE_SECONDS

__all__ = ["Command", "production_command", "run_releases", "start_workers", "stop_former", "worker_names"]

Command = Callable[[Process], tuple[str, ...]]
"""What is run of a process."""

WATCH = Watch(steady_seconds=5)
GOES_ON = "web serves and goes on: 'okamochi ps' tells its URL, 'okamochi down' ends it"


def production_command(plan: Plan, web: RunSpec) -> Command:
    """Of each process, as the image's kit starts it."""
    return lambda process: with_doors(plan, command_of(process, secrets=bool(web.secret_names)))


def run_releases(plan: Plan, web: RunSpec, command: Command, engine: Engine, world: World) -> None:
    """Each to its end, before web is replaced. UnhealthyError when one fails; what serves goes on."""
    for process in plan.processes:
        if process.type is not ProcessType.RELEASE:
            continue
        with world.reporter.step(f"Running {process.name}"):
            done = engine.run_once(spec_of(process, web, command))
        if done.ok:
            continue
        log = done.stdout.decode("utf-8", "replace").rstrip()
        cause = diagnose(log, contained=engine.name != "host")
        failure = UnhealthyError(
            f"the {process.name} process failed: {cause.text if cause else f'exit code {done.returncode}'}",
            where=(cause.where if cause else "") or f"processes.{process.name}",
            hint=(cause.hint if cause else "see its log above")
            + "; web was not started, what served before serves on",
            details=tuple(log.splitlines()[-20:]),
        )
        failure.unwritable, failure.log = cause.unwritable if cause else "", log
        failure.process = process.name
        raise failure


def start_workers(plan: Plan, web: RunSpec, command: Command, engine: Engine, world: World) -> None:
    """After web is healthy, in the place of those of the `up` before. FailingBeside when one is not well: web
    goes on without it."""
    stop_former(web, engine, world)
    parts, ailing, begun = [], [], time.monotonic()
    for process in workers_of(plan):
        spec = spec_of(process, web, command)
        # the host engine gives each command a /tmp of its own: the heartbeat is not seen there
        part = Part(process.name, spec.name, spec.healthcheck if engine.name != "host" else ())
        with world.reporter.step(f"Starting {process.name}"):
            try:
                engine.start(spec)
            except EngineError as error:
                ailing.append(Ailing(part, f"did not start: {error.message}", absent(spec.name)))
                continue
        parts.append(part)
    if parts:
        with world.reporter.step(f"Waiting for {', '.join(one.name for one in parts)}"):
            ailing += ailing_parts(engine, parts, WATCH, begun=begun)
    if ailing:
        raise failure_of(engine, ailing, FailingBeside, GOES_ON)


def workers_of(plan: Plan) -> tuple[Process, ...]:
    return tuple(one for one in plan.processes if one.type in (ProcessType.WORKER, ProcessType.SCHEDULER))


def worker_names(plan: Plan, web: RunSpec) -> tuple[str, ...]:
    """Of their containers."""
    return tuple(name_of(one, web) for one in workers_of(plan))


def stop_former(web: RunSpec, engine: Engine, world: World) -> None:
    """The workers beside a web, those that its plan does not have any more, too. What they do is ended in
    their own time."""
    for one in engine.containers(web.app):
        is_worker = one.name.startswith(f"{web.name}-") and not one.is_server
        if is_worker and one.name != aside_name(web.name):
            with world.reporter.step(f"Stopping {one.name.removeprefix(f'{web.name}-')}"):
                engine.stop(one.name, grace_seconds=GRACE_SECONDS)
                engine.remove(one.name)


def name_of(process: Process, web: RunSpec) -> str:
    return f"{web.name}-{process.name}"


def spec_of(process: Process, web: RunSpec, command: Command) -> RunSpec:
    """The same image, volumes and secrets as web's; a name and a command of its own, and no port."""
    environment = {name: value for name, value in web.environment if not name.startswith("OKAMOCHI_HEALTH_")}
    environment |= {**health_environment(process), **dict(process.environment)}
    return msgspec.structs.replace(
        web,
        name=name_of(process, web),
        process=msgspec.structs.replace(process, argv=command(process)),
        environment=tuple(sorted(environment.items())),
        published_port=0,
        further_ports=(),
        # of a program that nothing is known of, nothing is guessed; the image's check asks web
        healthcheck=web.healthcheck if isinstance(process.probe, HeartbeatProbe) else (),
    )
