"""`okamochi down`: stop what `up` started."""

from pathlib import Path

import click

from okamochi.cli.options import format_option, json_text, path_argument
from okamochi.cli.world import real_world


@click.command(name="down")
@path_argument
@click.option("--volumes", is_flag=True, help="Remove the app's data, too. There is no way back.")
@format_option
def command(path: Path, volumes: bool, output_format: str) -> None:
    """Stop and remove what `okamochi up` started of the project in PATH. Its data stays."""
    from okamochi.workflows.running import down

    removed = down(path, real_world(), volumes=volumes)
    if output_format == "json":
        click.echo(json_text({"removed": removed}))
        return
    for name in removed:
        click.echo(f"removed {name}")
    if not removed:
        click.echo("nothing was running")
