"""`okamochi down`: stop what `up` and `dev` started."""

import sys
from pathlib import Path

import click

from okamochi.cli.options import format_option, json_text, path_argument
from okamochi.cli.world import real_world


@click.command(name="down")
@path_argument
@click.option("--volumes", is_flag=True, help="Remove the app's data, too. There is no way back.")
@click.option("--dev", "desk_alone", is_flag=True, help="Only what dev started; what up started goes on.")
@click.option("--yes", is_flag=True, help="Remove data without asking; nobody is asked but at a terminal.")
@format_option
def command(path: Path, volumes: bool, desk_alone: bool, yes: bool, output_format: str) -> None:
    """Stop and remove what `up` and `dev` started of the project in PATH. Its data stays."""
    from okamochi.workflows.running import data_of, down, down_desk

    world = real_world()
    if volumes and not yes and at_a_terminal():
        gone = data_of(path, world, desk_alone=desk_alone)
        if gone:
            click.confirm(f"Remove for good the data in {', '.join(gone)}?", abort=True, err=True)
    stop = down_desk if desk_alone else down
    removed = stop(path, world, volumes=volumes)
    if output_format == "json":
        click.echo(json_text({"removed": removed}))
        return
    for name in removed:
        click.echo(f"removed {name}")
    if not removed:
        click.echo("nothing was running")


def at_a_terminal() -> bool:
    return sys.stdin.isatty()
