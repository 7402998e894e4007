"""`okamochi prove`: starts a container of its own, looks at it from inside and outside, does to it what it
must withstand, and judges what was seen by the claims that okamochi makes."""

import dataclasses
import shutil
import socket
from contextlib import nullcontext
from dataclasses import dataclass

from msgspec.structs import replace

from okamochi.audit.claim import Claim, Judged
from okamochi.audit.claims import CLAIMS
from okamochi.audit.claims.files import READ_ONLY_FOLDERS
from okamochi.model.codec import plan_from_json
from okamochi.model.kit_programs import command_of
from okamochi.model.observation import Life, Observation
from okamochi.model.plan import Plan
from okamochi.model.process import Process, ProcessType, host_of
from okamochi.run.engines import engine_named
from okamochi.run.observation.inside import look_inside
from okamochi.run.observation.life import Subject, live_through
from okamochi.run.observation.outside import look_outside, reachable_address
from okamochi.run.observation.traffic import ask_many
from okamochi.run.state import UpRecord
from okamochi.run.wait import healthy_inside
from okamochi.system.world import World
from okamochi.workflows.running import down_of
from okamochi.workflows.starting.apps import App, UpApp, app_of, proof_of
from okamochi.workflows.starting.stack import stack_of
from okamochi.workflows.starting.superseded import hand_on, remove_superseded
from okamochi.workflows.up import UpRequest, up

__all__ = ["Proved", "prove"]

REQUESTS = 200
AT_ONCE = 20
HEALTHY_SECONDS = 20


@dataclass(frozen=True)
class Proved:
    """`judged` in the order of the claims."""

    record: UpRecord
    observation: Observation
    judged: tuple[tuple[Claim, Judged], ...]


def prove(request: UpRequest, world: World) -> Proved:
    """Of a stack apart from what `up` and `dev` started, with data and secrets of its own; it is gone
    afterwards, however this ends."""
    own = app_of(request.build.path, world)
    app = proof_of(own, world)
    removed(app, own, world)  # of a proof that was killed
    try:
        # nobody else begins there, in the moment in which it is stopped
        record = up(dataclasses.replace(request, port=high_port()), world, app=app)
        engine = engine_named(record.engine, world)
        plan = plan_from_json(app.state.plan_json())
        observation = observed(UpApp(app, engine, record), plan, world)
        judged = tuple((claim, claim.look(observation, plan)) for claim in CLAIMS)
        return Proved(record, observation, judged)
    finally:
        removed(app, own, world)


def high_port() -> int:
    """One that is free now, of those that programs get without asking for one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def removed(app: App, own: App, world: World) -> None:
    """The images that the proof loaded are the app's own from then on: of many proofs, the last ones stay."""
    down_of(app, world, volumes=True)
    engines = {one.engine for one in app.state.loaded_images()}
    hand_on(app.state, own.state)
    shutil.rmtree(app.state.folder, ignore_errors=True)
    for name in engines:
        remove_superseded(own.state, engine_named(name, world))


def observed(up_app: UpApp, plan: Plan, world: World) -> Observation:
    """What changes the container comes last; what it wrote meanwhile is seen after that."""
    engine, record = up_app.engine, up_app.record
    name, address, host = record.container, ("127.0.0.1", record.port), host_of(plan.web.probe)
    volumes = tuple(one.path for one in plan.volumes)
    folders = (*volumes, *(one.path for one in plan.temporary_folders))
    with world.reporter.step("Looking from inside"):
        inside = look_inside(engine, name, write=(*READ_ONLY_FOLDERS, "/tmp", *folders), skip=folders)
    with world.reporter.step("Asking for pages"):
        first = ask_many(address, "/", host, count=1, at_once=1)
        healthy = healthy_inside(engine, name, limit_seconds=HEALTHY_SECONDS)
        traffic = ask_many(address, "/", host, count=REQUESTS, at_once=AT_ONCE)
    life = lived(up_app, plan, world)
    with world.reporter.step("Looking from outside"):
        secrets = up_app.app.state.secrets().values()
        outside = look_outside(engine, name, record.port, secrets, runner=world.runner, environ=world.environ)
    return Observation(
        engine=engine.name,
        missing=engine.facts().missing,
        image_digest=record.image_digest,
        inside=inside,
        outside=outside,
        healthy=healthy,
        page=next((status for status, _ in first.answers), 0),
        traffic=traffic,
        life=life,
    )


def lived(up_app: UpApp, plan: Plan, world: World) -> Life:
    subject = Subject(
        engine=up_app.engine,
        name=up_app.record.container,
        plan=plan,
        published=("127.0.0.1", up_app.record.port),
        direct=reachable_address(
            up_app.engine, up_app.record.container, plan.web.port, runner=world.runner, environ=world.environ
        ),
        runner=world.runner,
        environ=world.environ,
    )
    with world.reporter.step("Killing, holding and stopping it"):
        life = live_through(subject)
    releases = [one for one in plan.processes if one.type is ProcessType.RELEASE]
    with world.reporter.step("Running release processes again") if releases else nullcontext():
        ran = tuple((one.name, released_again(up_app, one, world)) for one in releases)
    return replace(life, migrated_again=ran)


def released_again(up_app: UpApp, process: Process, world: World) -> int:
    """The exit code; what it says is kept from stdout, which is the answer's alone."""
    stack = stack_of(up_app.app, world)
    if stack is not None:
        done = stack.project.run_once(process.name)
        exit_code, said = done.returncode, done.said
    else:
        worked, said = up_app.engine.check(up_app.record.container, command_of(process, secrets=True))
        exit_code = 0 if worked else 1
    if exit_code:
        for line in said.splitlines()[-5:]:
            world.reporter.warn(f"{process.name}: {line}")
    return exit_code
