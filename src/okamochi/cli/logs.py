"""`okamochi logs`."""

import sys
from pathlib import Path

import click

from okamochi.cli.options import desk_option, path_argument
from okamochi.cli.world import real_world


@click.command(name="logs")
@path_argument
@click.option("-f", "--follow", is_flag=True, help="Go on as the app writes more.")
@click.option(
    "--tail", type=click.IntRange(0), default=200, show_default=True, help="How many of the last lines."
)
@click.option("--process", default="", metavar="NAME", help="Only of web, worker, db ...; default: all.")
@desk_option
def command(path: Path, follow: bool, tail: int, process: str, desk: bool | None) -> None:
    """What the running app of the project in PATH wrote."""
    from okamochi.workflows.running import logs

    answer = logs(path, real_world(), tail=tail, follow=follow, process=process, desk=desk)
    if isinstance(answer, int):
        sys.exit(answer)
    click.echo(answer, nl=not answer.endswith("\n"))
