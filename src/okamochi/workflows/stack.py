"""`up` for an app of more than one container: what is started is the compose file that `render` writes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from okamochi.errors import EngineError, UnhealthyError
from okamochi.model.backing_service import BackingService
from okamochi.model.plan import Plan
from okamochi.model.process import ProcessType
from okamochi.oci.reference import Reference
from okamochi.render.compose import render_compose
from okamochi.render.compose_dev import COMPOSE_DEV
from okamochi.render.rendering import RenderedFile
from okamochi.render.service_containers import container_of, password_name
from okamochi.run.compose import ComposeProject, compose_version
from okamochi.run.diagnose import diagnose
from okamochi.run.engine import Engine
from okamochi.run.spec import RunSpec
from okamochi.run.state import AppState
from okamochi.run.wait import Patience, wait_until_healthy
from okamochi.system.files import write_atomic
from okamochi.system.world import World
from okamochi.workflows.apps import App
from okamochi.workflows.env_values import Values

__all__ = [
    "Stack",
    "forget_stack",
    "is_stack",
    "needed_services",
    "new_stack",
    "stack_of",
    "with_service_values",
]

COMPOSE_FILE = "compose.yaml"
VARIABLES = "compose.env.json"


def is_stack(plan: Plan) -> bool:
    return bool(plan.services) or len(plan.processes) > 1


def needed_services(plan: Plan, values: Values, engine: Engine, world: World) -> Plan:
    """Without the services whose address the user gave; and without those that the app can do without, when
    their image is nowhere to be had."""
    given = {*dict(values.plain), *values.secret_names}
    kept: list[BackingService] = []
    for service in plan.services:
        if any(one.name in given for one in service.variables):
            world.reporter.note(f"{service.name} is not started: its address was given")
        elif engine.name != "docker":
            tell_unserved(service, engine, world)
        elif has_image(service, engine, world):
            kept.append(service)
    return msgspec.structs.replace(plan, services=tuple(kept), decisions=())


def tell_unserved(service: BackingService, engine: Engine, world: World) -> None:
    leads = ", ".join(one.name for one in service.variables)
    text = f"{service.name} ({service.image}) is started on docker only"
    if service.required:
        raise EngineError(
            text,
            where=f"--engine {engine.name}",
            hint=f"use --engine docker, or give {leads or 'its address'} with --env-file FILE",
        )
    world.reporter.warn(f"{text}; the app starts without it")


def has_image(service: BackingService, engine: Engine, world: World) -> bool:
    """Pulled when it is not there. EngineError when a service that is needed cannot be had."""
    if engine.has(service.image):
        return True
    with world.reporter.step(f"Pulling {service.image}"):
        done = world.runner.run(
            ("docker", "pull", "--quiet", service.image), env=world.environ, timeout_seconds=1800
        )
    if done.ok:
        return True
    if not service.required:
        world.reporter.warn(f"{service.name}: {service.image} could not be pulled; the app starts without it")
        return False
    leads = " or ".join(one.name for one in service.variables)
    raise EngineError(
        f"{service.image} could not be pulled, and the app needs it",
        where=f"services.{service.name}",
        hint=f"pull it by hand, name another in [tool.okamochi] services, or give {leads or 'its address'} "
        "with --env-file FILE",
        details=tuple(done.error_text.splitlines()[-3:]),
    )


def with_service_values(plan: Plan, values: Values, state: AppState, world: World) -> Values:
    """The services' passwords, made once, and the addresses that hold them, as secret files."""
    names = set(values.secret_names)
    for service in plan.services:
        secret = password_name(service)
        password = ""
        if container_of(service).password_variable:
            password, made = state.generated_secret(secret, make=simple_password)
            names.add(secret)
            if made:
                world.reporter.note(f"{secret}: generated once, kept in {state.secrets_folder / secret}")
        for variable in service.variables:
            if variable.is_secret:
                state.keep_secret(variable.name, service.value_of(variable, password=password))
                names.add(variable.name)
    return Values(values.plain, tuple(sorted(names)))


def simple_password() -> str:
    """Letters and digits only: it stands in URLs."""
    import secrets

    return secrets.token_hex(24)


@dataclass(frozen=True)
class Stack:
    """A stack in its app's state folder. `before` is what ran before, to come back to."""

    app: App
    project: ComposeProject
    engine: Engine
    world: World
    before: tuple[bytes, bytes] | None = None

    @property
    def web(self) -> str:
        return self.project.container("web")

    def start(self, spec: RunSpec, plan: Plan, prepare: Callable[[Engine, str], None]) -> None:
        """Starts what the file says, runs `prepare` with web's container and waits until web is
        healthy; what ran before comes back when not."""
        try:
            with self.world.reporter.step(f"Starting {', '.join(names_of(plan))}"):
                self.started(plan)
                prepare(self.engine, self.web)
                healthy = wait_until_healthy(self.engine, spec, Patience())
        except BaseException:
            self.come_back()
            raise
        if healthy.note:
            self.world.reporter.note(healthy.note)

    def started(self, plan: Plan) -> None:
        try:
            self.project.start()
        except EngineError as error:
            raise self.told(plan, error) from error

    def told(self, plan: Plan, error: EngineError) -> EngineError | UnhealthyError:
        """Whose fault it was: a release that failed, a service that did not become healthy."""
        releases = [one.name for one in plan.processes if one.type is ProcessType.RELEASE]
        ended = {service: code for service, _, code in self.project.states()}
        for name in releases:
            if not ended.get(name):
                continue
            log = self.project.logs((name,), tail=400, prefix=False)
            cause = diagnose(log)
            failure = UnhealthyError(
                f"the {name} process failed: {cause.text if cause else f'exit code {ended[name]}'}",
                where=(cause.where if cause else "") or f"processes.{name}",
                hint=(cause.hint if cause else "see its log below")
                + "; web was not started, what served before serves on",
                details=tuple(log.splitlines()[-20:]),
            )
            failure.unwritable, failure.log = cause.unwritable if cause else "", log
            failure.process = name
            return failure
        for service in plan.services:
            if f'"{service.name}"' in str(error.details) or f"-{service.name}-1" in " ".join(error.details):
                log = self.project.logs((service.name,), tail=30, prefix=False)
                return EngineError(
                    f"the service {service.name} ({service.image}) did not become healthy",
                    where=f"services.{service.name}",
                    hint="its last lines are below; okamochi down --volumes starts with empty data",
                    details=tuple(log.splitlines()[-15:]),
                )
        return error

    def come_back(self) -> None:
        if self.before is None:
            self.project.stop(volumes=False, grace_seconds=5)
            return
        content, variables = self.before
        write_atomic(self.project.file, content, mode=0o600)
        write_atomic(self.app.state.folder / VARIABLES, variables, mode=0o600)
        former = stack_of(self.app, self.engine, self.world)
        if former is None:
            return
        try:
            former.project.start()
            self.world.reporter.note("what ran before serves again")
        except EngineError as error:
            self.world.reporter.warn(f"what ran before could not be started again: {error.message}")


def names_of(plan: Plan) -> tuple[str, ...]:
    return (*(one.name for one in plan.services), *(one.name for one in plan.processes))


def new_stack(
    app: App,
    plan: Plan,
    reference: Reference,
    values: Values,
    port: int,
    engine: Engine,
    world: World,
    desk: tuple[RenderedFile, dict[str, str]] | None = None,
) -> Stack:
    """The compose file and its variables, written into the state folder; of the `desk` its override, too, and
    the variables of that."""
    compose_version(world.runner, world.environ)
    before = files_of(app.state)
    content = render_compose(plan).files[0].content
    variables = {
        **dict(values.plain),
        "OKAMOCHI_IMAGE": str(reference.tagged),
        "OKAMOCHI_SECRETS": str(app.state.secrets_folder),
        "OKAMOCHI_PORT": str(port),
        "OKAMOCHI_ADDRESS": "127.0.0.1",
        **(desk[1] if desk is not None else {}),
    }
    if desk is not None:
        write_atomic(app.state.folder / desk[0].path, desk[0].content, mode=0o600)
    write_atomic(app.state.folder / COMPOSE_FILE, content, mode=0o600)
    write_atomic(app.state.folder / VARIABLES, msgspec.json.encode(variables), mode=0o600)
    project = project_of(app, variables, world)
    return Stack(app, project, engine, world, before)


def stack_of(app: App, engine: Engine, world: World) -> Stack | None:
    """The stack that `up` started last; None when there is none."""
    found = files_of(app.state)
    if found is None:
        return None
    variables = msgspec.json.decode(found[1], type=dict[str, str])
    return Stack(app, project_of(app, variables, world), engine, world)


def project_of(app: App, variables: dict[str, str], world: World) -> ComposeProject:
    return ComposeProject(
        world.runner,
        world.environ,
        f"okamochi-{app.identity}".replace(".", "-"),
        app.state.folder / COMPOSE_FILE,
        app.root,
        tuple(sorted(variables.items())),
        tuple(one for one in (app.state.folder / COMPOSE_DEV,) if one.is_file()),
    )


def files_of(state: AppState) -> tuple[bytes, bytes] | None:
    places = (state.folder / COMPOSE_FILE, state.folder / VARIABLES)
    if not all(Path(place).is_file() for place in places):
        return None
    return places[0].read_bytes(), places[1].read_bytes()


def forget_stack(state: AppState) -> None:
    for name in (COMPOSE_FILE, COMPOSE_DEV, VARIABLES):
        (state.folder / name).unlink(missing_ok=True)
