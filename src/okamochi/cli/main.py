"""The program: finds the command, runs it, turns errors into messages and exit codes."""

import os
from collections.abc import Sequence
from typing import Any

import click

from okamochi.cli.ending import exit_code_of, reader_gone

__all__ = ["COMMANDS", "program", "run"]

# Each is a module below okamochi.cli with a click command called `command`, imported when it is asked for.
SECTIONS = {
    "An app and its image": {
        "plan": "What would be built, and why.",
        "build": "The image, without a Docker daemon and without a Dockerfile.",
        "push": "The image to a registry, which gets only what it lacks.",
        "lock": "okamochi.lock: every package and wheel by its digest.",
        "outdated": "What has newer versions than the lock.",
    },
    "A running stack": {
        "up": "Production: built, started hardened, healthy; prints the URL.",
        "dev": "The same at the desk: source mounted, reload, debugger.",
        "down": "Stop it. Its data stays.",
        "ps": "What runs, where, and how it is.",
        "logs": "What the app wrote.",
        "exec": "A command in the running container.",
        "shell": "A shell that sees what the running app sees.",
        "release": "The migrations, once more.",
        "backup": "Databases and volumes into one file, while it serves.",
        "restore": "Such a file back into the running app.",
    },
    "Files and evidence": {
        "render": "Files to own: Dockerfile, compose, Kubernetes, CI and more.",
        "check": "What is wrong with the container files that are there.",
        "prove": "What is said of the app, proved on its container.",
    },
    "This machine": {
        "cache": "What is kept between builds.",
        "doctor": "What is here, what is missing, and what to do about it.",
    },
}
# What the same is called by other programs that people know.
ELSEWHERE = {
    "audit": "check",
    "bash": "shell",
    "deploy": "up",
    "eject": "render",
    "export": "render",
    "generate": "render",
    "init": "plan",
    "lint": "check",
    "list": "ps",
    "log": "logs",
    "migrate": "release",
    "publish": "push",
    "restart": "up",
    "rm": "down",
    "run": "up",
    "serve": "up",
    "sh": "shell",
    "start": "up",
    "status": "ps",
    "stop": "down",
    "update": "lock",
    "upgrade": "lock",
    "verify": "prove",
}
COMMANDS = tuple(name for section in SECTIONS.values() for name in section)


class LazyGroup(click.Group):
    """Imports a command's module only when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        import importlib

        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"okamochi.cli.{cmd_name}")
        found = module.command
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, COMMANDS))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, text in commands.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """The reader of stdout may go away (okamochi plan | head): nothing is wrong; click would say 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return reader_gone()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            known = [ELSEWHERE[word] for word in args[:1] if word in ELSEWHERE]
            near = known or difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f" Did you mean {near[0]!r}?" if near and "Did you mean" not in error.message else ""
            raise click.UsageError(error.message + meant, ctx) from error


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Zero configuration is the rule; [tool.okamochi] in pyproject.toml overrules what was decided.",
)
@click.version_option(package_name="okamochi", message="okamochi %(version)s")
def program() -> None:
    """From a Python web app's source folder to a hardened container: no Dockerfile, no daemon.

    \b
      okamochi plan       what would be built, and why
      okamochi up         build it, start it, wait until it is healthy
    """


def run(arguments: Sequence[str]) -> int:
    """The exit code, as `exit_code_of` has it."""
    return exit_code_of(lambda: answered(arguments))


def answered(arguments: Sequence[str]) -> int:
    """What click understands of the arguments, done."""
    try:
        # click asks only whether stdout is a terminal
        plain: dict[str, Any] = {"color": False} if os.environ.get("NO_COLOR") else {}
        words = (*arguments[1:], "--help") if arguments[:1] == ["help"] else arguments
        result = program.main(args=list(words), prog_name="okamochi", standalone_mode=False, **plain)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort as error:
        raise KeyboardInterrupt from error.__cause__
