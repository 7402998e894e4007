"""`okamochi shell`: into what runs, although the production image has no shell."""

from pathlib import Path

from okamochi.errors import EngineError, UsageError
from okamochi.model.kit_programs import with_secrets
from okamochi.model.plan import APP_ROOT
from okamochi.oci.reference import Reference
from okamochi.run.command_line import CommandLineEngine
from okamochi.run.engine import Engine
from okamochi.run.join import Joining, join
from okamochi.run.spec import ContainerState
from okamochi.system.world import World
from okamochi.workflows.delivery.sinks import EngineSink
from okamochi.workflows.desk.image import tools_image
from okamochi.workflows.layers.platforms import chosen_platform
from okamochi.workflows.plan import PlannedProject, plan_project
from okamochi.workflows.starting.apps import UpApp, is_desk, running_app
from okamochi.workflows.starting.stack import stack_of

__all__ = ["shell"]

BASH = ("/usr/bin/bash", "-i")
TOOLS = "okamochi-tools"


def shell(
    path: Path,
    argv: tuple[str, ...],
    world: World,
    *,
    process: str,
    interactive: bool,
    desk: bool | None = None,
) -> int:
    """The exit code of the shell, or of the command. EngineError when the process does not run."""
    up = running_app(path, world, desk)
    container = container_of(up, process, world)
    if up.engine.inspect(container).state is not ContainerState.RUNNING:
        raise EngineError(
            f"{container} is not running",
            where=up.engine.name,
            hint="start it with 'okamochi up'; 'okamochi logs' tells how it ended",
        )
    if is_desk(up.app):
        return up.engine.exec(container, with_secrets(argv or BASH), interactive=interactive)
    if not isinstance(up.engine, CommandLineEngine):
        raise on_this_machine(container)
    planned = plan_project(path, world)
    reference = tools(planned, up, up.engine, world)
    security = planned.plan.security
    joining = Joining(
        container=container,
        image_reference=str(reference),
        argv=argv or BASH,
        user=f"{security.run_as_user}:{security.run_as_group}",
        folder=APP_ROOT,
    )
    if interactive:
        world.reporter.note(f"{container}: its files are below /proc/1/root; leave with exit")
    return join(up.engine, joining, interactive=interactive)


def container_of(up: UpApp, process: str, world: World) -> str:
    stack = stack_of(up.app, world)
    if stack is not None:
        return stack.project.container(process)
    if process == "web":
        return up.record.container
    raise UsageError(
        f"only web runs, no process {process}",
        where="--process",
        hint="okamochi ps lists what runs, okamochi plan the app's processes",
    )


def tools(planned: PlannedProject, up: UpApp, engine: Engine, world: World) -> Reference:
    built = tools_image(planned, chosen_platform(None), up.app.state, world)
    reference = Reference.parse(f"{TOOLS}:{built.image.digest.hex[:12]}")
    if not engine.has(str(reference)):
        EngineSink(engine, world).put(built.image, reference)
    return reference


def on_this_machine(container: str) -> EngineError:
    return EngineError(
        "with the host engine the app is a process of this machine: a shell beside it is any terminal",
        where=container,
        hint="okamochi exec -- python sees its files and variables; what okamochi dev started has a shell",
    )
