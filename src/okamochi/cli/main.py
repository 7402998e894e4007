"""The program: finds the command, runs it, turns errors into messages and exit codes."""

import os
from collections.abc import Sequence
from typing import Any

import click

from okamochi.cli.ending import exit_code_of, reader_gone

__all__ = ["COMMANDS", "program", "run"]

# Name → module below okamochi.cli; each has a click command called `command`, imported when it is asked for.
COMMANDS = {
    "plan": "plan",
    "build": "build",
    "push": "push",
    "up": "up",
    "dev": "dev",
    "down": "down",
    "ps": "ps",
    "logs": "logs",
    "exec": "exec",
    "shell": "shell",
    "release": "release",
    "backup": "backup",
    "restore": "restore",
    "lock": "lock",
    "outdated": "outdated",
    "render": "render",
    "check": "check",
    "prove": "prove",
    "cache": "cache",
    "doctor": "doctor",
}


class LazyGroup(click.Group):
    """Imports a command's module only when the command is used or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        import importlib

        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"okamochi.cli.{COMMANDS[cmd_name]}")
        found = module.command
        assert isinstance(found, click.Command)
        return found

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

            near = difflib.get_close_matches(args[0], COMMANDS, n=1) if args else []
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
        result = program.main(args=list(arguments), prog_name="okamochi", standalone_mode=False, **plain)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort as error:
        raise KeyboardInterrupt from error.__cause__
