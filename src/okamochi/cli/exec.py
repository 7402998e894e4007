"""`okamochi exec`: a one-off command in the running app."""

import sys
from pathlib import Path

import click

from okamochi.cli.options import desk_option, of_the_app
from okamochi.cli.world import real_world


@click.command(
    name="exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    default=".",
    metavar="PATH",
    callback=of_the_app,
    help="The project's folder.",
)
@desk_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def command(project: Path, desk: bool | None, command: tuple[str, ...]) -> None:
    """Run COMMAND in the running container, with the app's environment and secrets.

    \b
      okamochi exec flask create-admin
      okamochi exec --project examples/invoice flask seed-demo
    """
    from okamochi.workflows.running import execute

    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    sys.exit(execute(project, command, real_world(), interactive=interactive, desk=desk))
