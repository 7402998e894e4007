"""`up` for an app of more than one container: what is started is the compose file that `render` writes.

The state folder holds the file, what it is overridden with, and its variables, the engine among them."""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec

from okamochi.errors import EngineError, UnhealthyError
from okamochi.model.codec import plan_from_json
from okamochi.model.kit_programs import HEALTH_CHECK
from okamochi.model.plan import PROXY_PROFILE, Plan
from okamochi.model.process import EnvironmentVariable, HeartbeatProbe, ProcessType
from okamochi.oci.reference import Reference
from okamochi.render.compose import render_compose
from okamochi.render.compose_dev import COMPOSE_DEV
from okamochi.render.compose_engine import COMPOSE_ENGINE, render_compose_engine
from okamochi.render.compose_proxy import CADDYFILE
from okamochi.render.compose_secrets import maker_name
from okamochi.render.rendering import RenderedFile
from okamochi.render.service_containers import container_of
from okamochi.run.beside import Ailing, Part, Watch, ailing_parts, failure_of
from okamochi.run.compose import ComposeProject, ServiceState, compose_version
from okamochi.run.engine import Engine
from okamochi.run.engines import engine_named
from okamochi.run.look import url_of
from okamochi.run.spec import RunSpec, project_name
from okamochi.run.state import AppState
from okamochi.run.wait import (
    START_SECONDS,
    FailingBeside,
    FailingPage,
    GoesOn,
    Patience,
    healthy_inside,
    wait_until_healthy,
)
from okamochi.system.files import write_atomic
from okamochi.system.meanwhile import beside
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.previous import BACK_SECONDS
from okamochi.workflows.starting.stack_failures import tell_running, told, with_old_password_told

__all__ = ["Stack", "forget_stack", "new_stack", "profiles_of", "stack_of", "with_given"]

COMPOSE_FILE = "compose.yaml"
OPTIONAL = b"required: false"
PROXY_VARIABLES = ("OKAMOCHI_HTTP_PORT", "OKAMOCHI_HTTPS_PORT", "OKAMOCHI_PUBLIC_ADDRESS")
VARIABLES = "compose.env.json"
# What production is started from. The desk has a state of its own.
STARTED_FROM = (COMPOSE_FILE, VARIABLES, COMPOSE_ENGINE, CADDYFILE)
SERVED = "served.json"
Files = dict[str, bytes]
ENGINE = "OKAMOCHI_ENGINE"
PRODUCTION = Watch()
SERVED_BEFORE = "what served before serves on"


@dataclass(frozen=True)
class Stack:
    """A stack in its app's state folder. `before` are the files of what served before, to come back to;
    `elsewhere` is that, when it runs on another engine. `touched` are the processes that Compose was told to
    replace; `unsettled`: what runs is not of `before`, but of a start that was killed."""

    app: App
    project: ComposeProject
    engine: Engine
    world: World
    before: Files | None = None
    elsewhere: "Stack | None" = None
    touched: set[str] = field(default_factory=set, compare=False)
    unsettled: bool = False

    @property
    def web(self) -> str:
        return self.project.container("web")

    @property
    def files(self) -> tuple[bytes, ...]:
        """All that it is started from."""
        names = (COMPOSE_FILE, VARIABLES, CADDYFILE)
        places = (self.app.state.folder / name for name in names)
        return tuple(place.read_bytes() if place.is_file() else b"" for place in places)

    def is_complete(self, plan: Plan) -> bool:
        """Whether all of it runs, and nothing ended but what has to."""
        rows = {one.service: one for one in self.project.rows()}
        wanted = (*(one.name for one in plan.services), *self.serving(plan))
        return all(
            name in rows and rows[name].state == "running" and rows[name].health != "unhealthy"
            for name in wanted
        )

    def start(self, spec: RunSpec, plan: Plan, prepare: Callable[[Engine, str], None]) -> GoesOn | None:
        """Starts what the file says, runs `prepare` with web's container and waits until web is healthy, and
        what is beside it well; what ran before comes back when not. Where nothing ran before, or not well,
        a healthy web goes on, and the answer is what fails beside it, or that its page does."""
        rows = self.project.rows()
        running, well_before = by_service(rows), self.before is not None and run_well(rows)
        try:
            with self.world.reporter.step(f"Starting {', '.join(names_of(plan))}"):
                self.started(plan)
                begun = time.monotonic()
                prepare(self.engine, self.web)
                healthy = wait_until_healthy(self.engine, spec, Patience(start_seconds=START_SECONDS))
            ailing = self.ailing_beside(plan, running, begun)
            if ailing and well_before:
                raise failure_of(self.engine, ailing, UnhealthyError, SERVED_BEFORE)
        except UnhealthyError as failure:
            with_old_password_told(self.project, plan, failure)
            tell_running(self.project, plan, failure)
            if not isinstance(failure, FailingPage):
                self.come_back(running)
                raise
            if not well_before and self.elsewhere is None:
                put_served(self.app.state, {})
                return failure
            self.come_back(running)
            raise failure.given_up() from failure
        except BaseException:
            self.come_back(running, interrupted=True)
            raise
        put_served(self.app.state, files_of(self.app.state) or {})
        if healthy.note:
            self.world.reporter.note(healthy.note)
        if self.elsewhere is not None:
            self.elsewhere.be_gone()
        if not ailing:
            return None
        goes_on = f"web serves at {url_of(spec)} and goes on: 'okamochi down' ends it"
        return failure_of(self.engine, ailing, FailingBeside, goes_on)

    def ailing_beside(
        self, plan: Plan, before: dict[str, str], begun: float, watch: Watch = PRODUCTION
    ) -> tuple[Ailing, ...]:
        """What beside web is not well, of all that Compose itself did not wait for; `before` is what there
        was before the start, which had come to its end at `begun`."""
        parts = self.parts_beside(plan, before)
        if not parts:
            return ()
        with self.world.reporter.step(f"Waiting for {', '.join(one.name for one in parts)}"):
            return ailing_parts(self.engine, parts, watch, begun=begun)

    def parts_beside(self, plan: Plan, before: dict[str, str]) -> tuple[Part, ...]:
        now = by_service(self.project.rows())
        checked = {one.name for one in plan.processes if isinstance(one.probe, HeartbeatProbe)}
        unchecked = (one for one in plan.services if one.required and not container_of(one).healthcheck)
        names = (*(one.name for one in unchecked), *(one for one in self.serving(plan) if one != "web"))
        return tuple(
            Part(
                name,
                self.project.container(name),
                HEALTH_CHECK if name in checked else (),
                before=name in before and now.get(name) == before[name],
            )
            for name in names
        )

    def started(self, plan: Plan) -> None:
        try:
            if self.elsewhere is not None:
                self.elsewhere.make_room(self.engine)
            self.project.settle()
            if self.before is None or self.elsewhere is not None:
                self.project.start()
            else:
                self.secrets_made(plan)
                self.replaced(plan)
        except EngineError as error:
            raise told(self.project, plan, error) from error

    def make_room(self, successor: Engine) -> None:
        """For the same stack on another engine, which has none of its data."""
        self.world.reporter.note(
            f"stopping the stack on {self.engine.name}: its data stays there, {successor.name} begins with "
            "none (okamochi backup saves data, restore brings it to another engine)"
        )
        try:
            self.project.halt(())
        except EngineError as error:
            self.world.reporter.warn(error.message)

    def be_gone(self) -> None:
        """After the same stack came up on another engine."""
        try:
            self.project.stop(volumes=False, grace_seconds=5)
        except EngineError as error:
            self.world.reporter.warn(f"what ran on {self.engine.name} is still there: {error.message}")

    def secrets_made(self, plan: Plan) -> None:
        """Alone and first where something ran before: made again (of a new image) together with the others,
        it would have Compose make anew each service that waits for it, databases too."""
        name = maker_name(plan)
        # the file may be of an okamochi that knew no such service
        if name and f"\n  {name}:\n".encode() in self.project.file.read_bytes():
            self.project.start((name,), alone=True)

    def releases(self, plan: Plan) -> tuple[str, ...]:
        return tuple(one.name for one in plan.processes if one.type is ProcessType.RELEASE)

    def replaced(self, plan: Plan) -> None:
        """Compose would take the old web away before the migration runs, and before a worker has ended its
        job: both are done apart from it, the workers at the same time."""
        services = tuple(one.name for one in plan.services)
        releases = self.releases(plan)
        if releases:
            self.project.start((*services, *releases))
        elif services:
            self.project.start(services, healthy=True)
        for name in releases:
            if self.project.end_of(name):
                raise EngineError(f"{name} failed", where=f"processes.{name}", hint="see its log")
        others = tuple(one for one in self.serving(plan) if one != "web")
        # a worker that ends its job, or a slow stop of web, need not be waited for before the other begins
        self.touched.update(self.serving(plan))
        apart = partial(self.project.start, others, alone=True, rest=True)
        with beside(apart) if others else nullcontext():
            self.project.start(("web",), alone=True)

    def serving(self, plan: Plan) -> tuple[str, ...]:
        releases = self.releases(plan)
        others = tuple(one.name for one in plan.processes if one.name not in releases)
        return (*others, *(("proxy",) if plan.domain else ()))

    def come_back(self, running: dict[str, str], *, interrupted: bool = False) -> None:
        told = "stopping what was started" if self.before is None else "bringing back what ran before"
        self.world.reporter.note(told)
        if self.before is None or self.elsewhere is not None:
            self.project.stop(volumes=False, grace_seconds=5)
        if self.before is None:
            return
        put_files(self.app.state, self.before)
        former = stack_of(self.app, self.world)
        if former is None:
            return
        try:
            former.project.settle()
            if interrupted and self.touched:
                # a stop that was begun goes on in the engine without Compose: what still runs may end soon
                former.project.halt(sorted(self.touched))
            former.started_again(None if self.unsettled else running)
            former.serve_again()
        except EngineError as error:
            self.world.reporter.warn(f"what ran before could not be started again: {error.message}")

    def started_again(self, running: dict[str, str] | None) -> None:
        """Without its release process: the older one cannot know what the newer one did to the database. A
        web that is still the one of `running` is left alone."""
        content = self.app.state.plan_json()
        if not content:  # of an `up` that did not end
            self.project.start()
            return
        plan = plan_from_json(content)
        self.secrets_made(plan)
        if plan.services:
            self.project.start([one.name for one in plan.services])
        now, serving = by_service(self.project.rows()), self.serving(plan)
        untouched = running is not None and all(now.get(name) == running.get(name) for name in serving)
        self.project.start(serving, alone=True, kept=untouched)

    def serve_again(self) -> None:
        """Waits for the former web: an `up` that failed ends with what served before serving."""
        if healthy_inside(self.engine, self.web, limit_seconds=BACK_SECONDS):
            self.world.reporter.note("what ran before serves again")
        else:
            self.world.reporter.warn(f"what ran before was started again, but is not healthy: {self.web}")


def by_service(rows: Sequence[ServiceState]) -> dict[str, str]:
    """Which container each service has."""
    return {one.service: one.container for one in rows}


def run_well(rows: Sequence[ServiceState]) -> bool:
    """Whether all that there is runs, or has ended as it should."""
    return bool(rows) and all(
        one.health != "unhealthy" if one.state == "running" else one.state == "exited" and not one.exit_code
        for one in rows
    )


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
    files_before = served_files(app.state)
    unsettled = files_before != files_of(app.state)
    before = stack_of(app, world, files_before)
    # what started the files of before is there, and takes such files
    same_engine = before is not None and before.engine.name == engine.name
    known = files_before[COMPOSE_FILE] if files_before and same_engine else None
    if known is None:
        compose_version(world.runner, engine.compose())
    files = files_for(with_given(plan, values))
    variables = {
        **dict(values.plain),
        "OKAMOCHI_IMAGE": str(reference.tagged),
        "OKAMOCHI_SECRETS": str(app.state.secrets_folder),
        "OKAMOCHI_PORT": str(port),
        "OKAMOCHI_ADDRESS": "127.0.0.1",
        **(desk[1] if desk is not None else {}),
        "OKAMOCHI_FILES": str(app.state.folder),
        **{name: world.environ[name] for name in PROXY_VARIABLES if world.environ.get(name)},
        **profiles_of(plan),
        ENGINE: engine.name,
    }
    otherwise = engine_file(plan, engine, at_the_desk=desk is not None)
    for file in (desk[0] if desk is not None else None, otherwise):
        if file is not None:
            files[file.path] = file.content
    put_files(app.state, {**files, VARIABLES: msgspec.json.encode(variables)})
    project = project_of(app, variables, engine, world)
    if OPTIONAL in files[COMPOSE_FILE] and OPTIONAL not in (known or b"") and project.refusal():
        # depends_on has `required` since Compose 2.20.2 only
        tell_older(world)
        files = files_for(with_given(without_optional(plan), values))
        write_atomic(app.state.folder / COMPOSE_FILE, files[COMPOSE_FILE], mode=0o600)
    # an `up` that failed leaves files, too: nobody wants those back
    record = app.state.record()
    if before is None or not files_before or record is None or record.container != project.container("web"):
        return Stack(app, project, engine, world)
    elsewhere = before if before.engine.name != engine.name else None
    return Stack(app, project, engine, world, files_before, elsewhere, unsettled=unsettled)


def engine_file(plan: Plan, engine: Engine, *, at_the_desk: bool) -> RenderedFile | None:
    facts = engine.facts()
    own_user = at_the_desk and facts.rootless
    return render_compose_engine(
        plan,
        at_the_desk=at_the_desk,
        unlimited=facts.unlimited,
        labelled=facts.labels_files,
        own_user=own_user,
        closed=() if at_the_desk else facts.opens_folders,
        restart=facts.restart,
    )


def profiles_of(plan: Plan) -> dict[str, str]:
    """Whatever is in a profile runs, too."""
    names = (
        *((PROXY_PROFILE,) if plan.domain else ()),
        *((plan.worker_profile,) if plan.worker_profile else ()),
    )
    return {"COMPOSE_PROFILES": ",".join(names)} if names else {}


def files_for(plan: Plan) -> dict[str, bytes]:
    return {file.path: file.content for file in render_compose(plan).files}


def without_optional(plan: Plan) -> Plan:
    """Every service is waited for: an older Compose cannot be told that the app does without one."""
    services = tuple(msgspec.structs.replace(one, required=True) for one in plan.services)
    return msgspec.structs.replace(plan, services=services)


def tell_older(world: World) -> None:
    world.reporter.note("this Compose does not know optional services: web waits for all of them")


def with_given(plan: Plan, values: Values) -> Plan:
    """The file names the variables that the code was seen to read; what was given beside them, for a library
    or for the kit, goes to the processes as well."""
    read = {one.name: one for one in plan.environment}
    for name, _ in values.plain:
        read.setdefault(name, EnvironmentVariable(name=name))
    for name in values.secret_names:
        read[name] = values.handed_on(read.get(name, EnvironmentVariable(name=name)))
    environment = tuple(read[name] for name in sorted(read))
    return msgspec.structs.replace(plan, environment=environment)


def stack_of(app: App, world: World, files: Files | None = None) -> Stack | None:
    """The stack that `up` started last, or that of `files`, on its engine; None when there is none."""
    found = files or files_of(app.state)
    if found is None:
        return None
    variables = msgspec.json.decode(found[VARIABLES], type=dict[str, str])
    engine = engine_named(variables.get(ENGINE, "docker"), world)
    return Stack(app, project_of(app, variables, engine, world), engine, world)


def project_of(app: App, variables: dict[str, str], engine: Engine, world: World) -> ComposeProject:
    overrides = (app.state.folder / name for name in (COMPOSE_DEV, COMPOSE_ENGINE))
    return ComposeProject(
        world.runner,
        engine.compose(),
        project_name(app.identity),
        app.state.folder / COMPOSE_FILE,
        app.root,
        tuple(sorted(variables.items())),
        tuple(one for one in overrides if one.is_file()),
    )


def files_of(state: AppState) -> Files | None:
    places = {name: Path(state.folder, name) for name in STARTED_FROM}
    found = {name: place.read_bytes() for name, place in places.items() if place.is_file()}
    return found if {COMPOSE_FILE, VARIABLES} <= found.keys() else None


def served_files(state: AppState) -> Files | None:
    """Of the stack that served last: a start that was killed, or lost its machine, leaves files that never
    did. Empty where what there is goes on though its page fails."""
    try:
        return msgspec.json.decode((state.folder / SERVED).read_bytes(), type=Files)
    except (OSError, msgspec.MsgspecError):
        return files_of(state)


def put_served(state: AppState, files: Files) -> None:
    write_atomic(state.folder / SERVED, msgspec.json.encode(files), mode=0o600)


def put_files(state: AppState, files: Files) -> None:
    """In the place of all that another start had: an override of what is no more would have Compose refuse
    the rest."""
    for name in set(STARTED_FROM) - files.keys():
        (state.folder / name).unlink(missing_ok=True)
    for name, content in files.items():
        # the proxy reads its file without root's right to read everything; the folder keeps others out
        write_atomic(state.folder / name, content, mode=0o644 if name == CADDYFILE else 0o600)


def forget_stack(state: AppState) -> None:
    for name in (COMPOSE_FILE, COMPOSE_DEV, COMPOSE_ENGINE, VARIABLES, SERVED):
        (state.folder / name).unlink(missing_ok=True)
