"""Starts a built image, as a stack or as one container, in the place of what served before."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from okamochi.errors import EngineError, UnhealthyError
from okamochi.model.backing_service import BackingService
from okamochi.model.codec import plan_to_json
from okamochi.model.kit_programs import command_of, with_doors
from okamochi.model.plan import Plan
from okamochi.run.engine import Engine
from okamochi.run.look import url_for_people
from okamochi.run.spec import RunSpec
from okamochi.run.state import UpRecord
from okamochi.run.wait import FailingPage, GoesOn, start_healthy
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.backing import with_backing
from okamochi.workflows.starting.beside_web import (
    production_command,
    run_releases,
    start_workers,
    stop_former,
    worker_names,
)
from okamochi.workflows.starting.built_and_loaded import Loaded
from okamochi.workflows.starting.coded_passwords import keep_coded_passwords
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.left_out import tell_left_out
from okamochi.workflows.starting.moved_data import end_former_stack, former_plan, tell_left_data
from okamochi.workflows.starting.open_ports import tell_open_ports
from okamochi.workflows.starting.previous import Previous
from okamochi.workflows.starting.serves_already import is_healthy, start_digest
from okamochi.workflows.starting.setup import Setup, setup_of
from okamochi.workflows.starting.stack import Stack, new_stack
from okamochi.workflows.starting.stack_services import (
    is_given,
    is_stack,
    needed_services,
    with_service_values,
)
from okamochi.workflows.starting.volume_check import tell_unwritable_volumes
from okamochi.workflows.starting.web_port import WebPort, port_lock
from okamochi.workflows.starting.web_spec import web_spec

__all__ = ["Start", "spec_of"]


@dataclass(frozen=True, kw_only=True)
class Start:
    """`port` and `setup` are what was asked for on the command line; `told` is that of WebPort."""

    app: App
    loaded: Loaded
    previous: Previous
    engine: Engine
    values: Values
    port: int | None
    setup: tuple[str, ...]
    told: set[int]
    world: World

    def started(self) -> UpRecord:
        """The record of the image's stack or container, healthy."""
        plan = self.loaded.built.plan
        values = with_backing(plan, self.values, self.engine, self.app, self.world)
        return replace(self, values=values)._started()

    def _own_services(self) -> tuple[BackingService, ...]:
        """What of the plan is a server of this machine."""
        if not self.app.state.own_servers():
            return ()
        from okamochi.workflows.starting.own_addresses import own_services

        return own_services(self.loaded.built.plan.services, self.app.state)

    def _started(self) -> UpRecord:
        plan = self.loaded.built.plan
        if is_stack(plan):
            state = self.app.state
            plan = needed_services(plan, self.values, self.engine, state, self.world)
            if is_stack(plan) and self.engine.composes:
                keep_coded_passwords(plan.services, self.values, self.app.root, state, self.world)
                values = with_service_values(plan, self.values, state, self.world)
                try:
                    return replace(self, values=values)._stack(plan)
                except UnhealthyError as failure:
                    known, services = self.values.known(state), self.loaded.built.plan.services
                    here = [one for one in services if not is_given(one, known, self.engine, state)]
                    tell_left_out(failure, here, plan.services)
                    raise
        return self._container(plan)

    def _container(self, plan: Plan) -> UpRecord:
        app, engine, world = self.app, self.engine, self.world
        web = self._spec(0)
        parts = (msgspec.json.encode(web), msgspec.json.encode(plan.processes))
        digest = start_digest(app.state, engine, self.values.secret_names, *parts)
        serving = self._same(digest)
        if serving is not None:
            spec = msgspec.structs.replace(web, published_port=serving.port)
            if is_healthy(engine, spec, worker_names(plan, web)):
                world.reporter.note(f"nothing changed: {serving.container} goes on serving")
                return serving
        app.state.put_started_as("")
        setup = setup_of(self.setup, plan, app.state, world)
        former = former_plan(app.state)
        own = self._own_services()
        app.state.put_plan(plan_to_json(msgspec.structs.replace(plan, services=own, decisions=())))
        command = production_command(plan, web)
        run_releases(plan, web, command, engine, world)
        web_port = WebPort(self.port, plan.web.port, self.previous, world, self.told)

        def start_on(port: int) -> RunSpec:
            spec = self._spec(port)
            self._start(spec, setup)
            return spec

        record = self._replaced(lambda: web_port.started(start_on, EngineError, UnhealthyError))
        end_former_stack(app, world)
        tell_left_data(former, msgspec.structs.replace(plan, services=own), app, world)
        start_workers(plan, web, command, engine, world)
        tell_unwritable_volumes(record.container, plan, engine, world)
        tell_open_ports(record.container, engine, world)
        app.state.put_started_as(digest)
        return record

    def _stack(self, plan: Plan) -> UpRecord:
        """The record of a stack that serves; what ran before as one container makes room."""
        app, engine, world = self.app, self.engine, self.world
        setup = setup_of(self.setup, self.loaded.built.plan, app.state, world)
        former = former_plan(app.state)

        def start_on(port: int) -> tuple[RunSpec, str, GoesOn | None]:
            failing: GoesOn | None = None
            stack = new_stack(app, plan, self.loaded.reference, self.values, port, engine, world)
            spec = msgspec.structs.replace(self._spec(port), name=stack.web)
            digest = start_digest(app.state, engine, self.values.secret_names, *stack.files)
            same = self._same(digest) is not None
            if same and stack.is_complete(plan) and is_healthy(engine, spec):
                world.reporter.note(f"nothing changed: {stack.web} and what is beside it go on")
            else:
                app.state.put_started_as("")
                failing = self._start_stack(stack, spec, plan, setup)
            return spec, digest, failing

        web_port = WebPort(self.port, plan.web.port, self.previous, world, self.told)
        spec, digest, failing = web_port.started(start_on, EngineError)
        public = public_url(plan.domain, world)
        record = msgspec.structs.replace(self._record(spec), public_url=public)
        app.state.put_record(record)
        if failing is None:
            app.state.put_started_as(digest)
        tell_left_data(former, plan, app, world)
        app.state.put_plan(plan_to_json(plan))
        tell_unwritable_volumes(spec.name, plan, engine, world)
        if self.previous.name and self.previous.name != spec.name:
            self.previous.be_gone()
            stop_former(msgspec.structs.replace(spec, name=self.previous.name), engine, world)
        app.state.forget_given_secrets(but=self.values.secret_names)
        if failing is not None:
            raise failing
        return record

    def _same(self, digest: str) -> UpRecord | None:
        """The record of the last start when it was made with just that, and nothing more is asked for;
        whether it still serves is another question."""
        record = self.app.state.record()
        if record is None or self.setup or self.port not in (None, record.port):
            return None
        return record if self.app.state.started_as() == digest else None

    def _spec(self, port: int) -> RunSpec:
        return spec_of(self.app, self.loaded, self.values, port)

    def _start(self, spec: RunSpec, setup: Setup) -> None:
        reporter = self.world.reporter
        with reporter.step(f"Starting {spec.name}"):
            self.previous.step_aside(self.engine)
            healthy = start_healthy(self.engine, spec, prepare=setup.run)
        if healthy.note:
            reporter.note(healthy.note)

    def _start_stack(self, stack: Stack, spec: RunSpec, plan: Plan, setup: Setup) -> GoesOn | None:
        """What fails of a web that goes on, or beside it; None when all is well."""
        if self.previous.name and self.previous.name != stack.web:
            self.previous.step_aside(self.engine)
        try:
            return stack.start(spec, plan, setup.run)
        except BaseException:
            self.previous.come_back()
            raise

    def _replaced(self, start_it: Callable[[], RunSpec]) -> UpRecord:
        """The record of what was started in the place of the previous one, which comes back when that fails.
        Where only its page does, it goes on, unless the previous one was better."""
        state = self.app.state
        try:
            record = self._record(start_it())
        except FailingPage as failure:
            if self.previous.aside and not self.previous.page_fails:
                self._come_back()
                raise failure.given_up() from failure
            state.put_record(msgspec.structs.replace(self._record(failure.spec), page_fails=True))
            self.previous.be_gone()
            raise
        except BaseException:
            self._come_back()
            raise
        state.put_record(record)
        self.previous.be_gone()
        return record

    def _come_back(self) -> None:
        with port_lock(self.previous.port, self.world):
            self.previous.come_back()

    def _record(self, spec: RunSpec) -> UpRecord:
        return UpRecord(
            app=self.app.identity,
            engine=self.engine.name,
            container=spec.name,
            image_reference=spec.image_reference,
            image_digest=str(self.loaded.built.image.digest),
            port=spec.published_port,
            url=url_for_people(spec),
            project=str(self.app.root),
        )


def public_url(domain: str, world: World) -> str:
    port = world.environ.get("OKAMOCHI_HTTPS_PORT", "")
    return f"https://{domain}{f':{port}' if port else ''}/" if domain else ""


def spec_of(app: App, loaded: Loaded, values: Values, port: int) -> RunSpec:
    plan = loaded.built.plan
    argv = with_doors(plan, command_of(plan.web, secrets=bool(values.secret_names)))
    spec = web_spec(app, plan, loaded.reference, values, port)
    process = msgspec.structs.replace(plan.web, argv=argv)
    return msgspec.structs.replace(spec, process=process, front_page=loaded.front_page)
