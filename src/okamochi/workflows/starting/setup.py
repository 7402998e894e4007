"""`up --setup`: what sets an app's data up, run once in its container, before its first page is asked for."""

import shlex
import time
from dataclasses import dataclass
from pathlib import Path

from okamochi.errors import UnhealthyError, UsageError
from okamochi.model.kit_programs import with_secrets
from okamochi.model.plan import VENV_ROOT, Plan
from okamochi.run.diagnose import diagnose
from okamochi.run.engine import Engine
from okamochi.run.state import AppState
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.project_folder import typed

__all__ = ["Setup", "offer_setup", "setup_of", "tell_setups", "ways"]

TRIES = 20
BIN = f"{VENV_ROOT}/bin/"
PAUSE_SECONDS = 0.5
# the last is what the engine says when the container ends in that moment
NOT_YET = ("is not running", "is restarting", "No such container", "error writing config to pipe")


@dataclass(frozen=True)
class Setup:
    """The commands that were asked for, as argv."""

    commands: tuple[tuple[str, ...], ...]
    state: AppState
    world: World

    def run(self, engine: Engine, container: str) -> None:
        """Each once: what was run since the app has its data is not run again. UnhealthyError when one
        fails."""
        for argv in self.commands:
            shown = shlex.join(argv)
            if argv in self.state.setups():
                self.world.reporter.note(
                    f"{shown} was run before and is not run again; okamochi exec -- {shown} does it"
                )
                continue
            with self.world.reporter.step(f"Setting up: {shown}"):
                done, said = run_inside(engine, container, argv)
            if not done:
                ended = not said or is_not_there(said)
                raise failed(shown, log_of_what_ended(engine, container) if ended else said, engine)
            self.state.put_setup(argv)


def run_inside(engine: Engine, container: str, argv: tuple[str, ...]) -> tuple[bool, str]:
    """A container that has just been started may not take a command yet."""
    for _ in range(TRIES):
        done, said = engine.check(container, with_secrets(argv))
        if done or not is_not_there(said):
            return done, said
        time.sleep(PAUSE_SECONDS)
    return done, said


def is_not_there(said: str) -> bool:
    """Whether the engine speaks, of a container that does not run, and not the command."""
    return any(word in said for word in NOT_YET)


def log_of_what_ended(engine: Engine, container: str) -> str:
    """A command that ends without a word, or for which there is no container any more, was ended with its
    container: the app's own log tells why."""
    return engine.logs(container, tail=500)


def failed(shown: str, said: str, engine: Engine) -> UnhealthyError:
    cause = diagnose(said, contained=engine.name != "host")
    failure = UnhealthyError(
        f"the set-up command failed: {shown}" + (f": {cause.text}" if cause else ""),
        where=cause.where if cause else "",
        hint=cause.hint if cause else "its last lines are above",
        details=tuple(said.splitlines()[-20:]),
    )
    failure.unwritable, failure.log = cause.unwritable if cause else "", said
    return failure


def setup_of(asked: tuple[str, ...], plan: Plan, state: AppState, world: World) -> Setup:
    """`asked` are names of commands that the plan offers, with what is said to them ("install --force"), or
    commands. UsageError for what is neither."""
    offered = {one.name: one.argv for one in plan.setup_commands}
    words = (split(text, offered) for text in asked)
    commands = tuple((*offered.get(argv[0], argv[:1]), *argv[1:]) for argv in words)
    return Setup(commands, state, world)


def split(text: str, offered: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    try:
        argv = tuple(shlex.split(text))
    except ValueError:
        argv = ()
    if argv:
        return argv
    names = ", ".join(offered) or "no command of its own"
    raise UsageError(f"{text!r} is no command", where="--setup", hint=f"the project offers {names}")


def tell_setups(plan: Plan, app: App, world: World) -> None:
    """At a first start, when there is no data yet: which files a database began with, and what of the
    project's own pages may miss."""
    for one in plan.services:
        if one.initial_files:
            names = ", ".join(one.initial_files)
            world.reporter.note(f"{one.name} began with {names}: that runs once, when the volume is new")
    if (told := ways(plan, app.root)) and not app.state.setups():
        world.reporter.note(f"the project can set its data up, which was not asked for: {told}")


def ways(plan: Plan, root: Path, *, at_desk: bool = False) -> str:
    """How to run commands that add something: not one that only drops what is there, nor one that ran before
    the web, itself or by the function of its name."""
    done = {one.argv for one in plan.processes}
    called = {line.strip() for argv in done for line in argv[-1].splitlines()[-1:]}
    adding = [
        one
        for one in plan.setup_commands
        if one.argv not in done
        and f"{one.name.replace('-', '_')}()" not in called
        and not one.name.startswith("drop")
    ]
    if at_desk:
        plain = [one.argv for one in adding if not any("\n" in word for word in one.argv)]
        typing = (typed(root, "exec", "--dev", *(w.removeprefix(BIN) for w in argv)) for argv in plain[:3])
        return " or ".join(typing)
    return " or ".join(typed(root, "up", "--setup", one.name) for one in adding[:3])


def offer_setup(failure: UnhealthyError, plan: Plan, root: Path, *, at_desk: bool = False) -> None:
    """Where tables are missing, the hint names what the project itself has to make them: commands, or files
    of SQL, of which the plan says why none is run."""
    if "was not migrated" not in failure.message:
        return
    files = (one.summary for one in plan.decisions if one.field.endswith(".initial_files"))
    against = next((one.removeprefix("Warning: ") for one in files if one.startswith("Warning: ")), "")
    if told := ways(plan, root, at_desk=at_desk):
        once = "" if at_desk else "; each is run once"
        failure.hint = (
            f"the project has commands that set its data up: {told} (some drop what is there{once})"
        )
    elif against:
        failure.hint = against
