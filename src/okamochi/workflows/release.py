"""`okamochi release`: what `up` does once before web starts, again by hand."""

import shlex
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from okamochi.errors import EngineError, UsageError
from okamochi.model.kit_programs import command_of
from okamochi.model.process import Process, ProcessType
from okamochi.run.spec import ContainerState
from okamochi.system.world import World
from okamochi.workflows.plan import plan_project
from okamochi.workflows.starting.apps import UpApp, running_app
from okamochi.workflows.starting.stack import stack_of

__all__ = ["release"]


@dataclass(frozen=True)
class Released:
    """What ran last, in words, and how it ended: 0 when all release processes did well."""

    shown: str
    exit_code: int


def release(path: Path, world: World, *, desk: bool | None = None) -> Released:
    """Every release process in the plan's order, up to the first that fails. UsageError when the project has
    none, EngineError when nothing of it runs."""
    up = running_app(path, world, desk)
    processes = tuple(
        one for one in plan_project(path, world).plan.processes if one.type is ProcessType.RELEASE
    )
    if not processes:
        raise UsageError(
            "the project has no release process: nothing migrates a database",
            where=str(path),
            hint="a line 'release: flask db upgrade' in a Procfile makes one, as do the files of "
            "Flask-Migrate, Alembic and Django (okamochi plan tells of migrations that are not run)",
        )
    for process in processes:
        done = run_once(up, process, world)
        if done.exit_code:
            break
    return done


def run_once(up: UpApp, process: Process, world: World) -> Released:
    shown = shlex.join((PurePosixPath(process.argv[0]).name, *process.argv[1:]))
    stack = stack_of(up.app, world)
    if stack is not None:
        world.reporter.note(f"running {shown} in a container of its own, image {up.record.image_reference}")
        return Released(shown, stack.project.run_attached(process.name))
    if up.engine.inspect(up.record.container).state is not ContainerState.RUNNING:
        raise EngineError(
            f"{up.record.container} is not running",
            where=up.engine.name,
            hint="start it with 'okamochi up'; 'okamochi logs' tells how it ended",
        )
    world.reporter.note(f"running {shown} in {up.record.container}")
    argv = command_of(process, secrets=True)
    return Released(shown, up.engine.exec(up.record.container, argv))
