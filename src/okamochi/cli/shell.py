"""`okamochi shell`: a shell beside the running app, whose own image has none."""

import sys
from pathlib import Path

import click

from okamochi.cli.options import desk_option, path_argument
from okamochi.cli.world import real_world

COMMAND = "okamochi.shell.command"


class CommandAfterDashes(click.Command):
    """What stands after "--" is a command, whatever stands before."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own, after = args, []
        if "--" in args:
            place = args.index("--")
            own, after = args[:place], args[place + 1 :]
        ctx.meta[COMMAND] = tuple(after)
        return super().parse_args(ctx, own)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND...]"]


@click.command(name="shell", cls=CommandAfterDashes)
@path_argument
@click.option("--process", default="web", show_default=True, help="Which process: web, worker ...")
@desk_option
@click.pass_context
def command(ctx: click.Context, path: Path, process: str, desk: bool | None) -> None:
    """A shell that sees what the running app of the project in PATH sees; or COMMAND, run there.

    An image with tools joins the container: its processes, its network, its volumes; its files are below
    /proc/1/root. Nothing is added to the app's own container. What `okamochi dev` started has a shell itself.

    \b
      okamochi shell
      okamochi shell -- ls -l /proc/1/root/app
      okamochi shell examples/invoice -- ps aux
    """
    from okamochi.workflows.shell import shell

    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    argv, world = ctx.meta[COMMAND], real_world()
    sys.exit(shell(path, argv, world, process=process, interactive=interactive, desk=desk))
