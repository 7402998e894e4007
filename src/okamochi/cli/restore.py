"""`okamochi restore`: the data of a backup, in the place of the present one."""

import sys
from pathlib import Path

import click

from okamochi.cli.options import desk_option, format_option, json_text, path_argument
from okamochi.cli.world import real_world
from okamochi.system.clock import utc_now


@click.command(name="restore")
@click.argument("file", type=click.Path(path_type=Path))
@path_argument
@click.option("--yes", is_flag=True, help="Overwrite the present data without asking.")
@desk_option
@format_option
def command(file: Path, path: Path, yes: bool, desk: bool | None, output_format: str) -> None:
    """Put the data of FILE, which `okamochi backup` wrote, into the running app in PATH.

    The present data is overwritten; it is saved before, beside the app's state. The app stands still
    meanwhile.
    """
    from okamochi.errors import UsageError
    from okamochi.workflows.restore import restore, what_goes

    world = real_world()
    parts = what_goes(file, path, world, desk=desk)
    if not yes:
        question = f"Overwrite the present data of {', '.join(parts)}?"
        if not sys.stdin.isatty():
            raise UsageError(f"{question} Nobody can be asked", where="restore", hint="say so with --yes")
        click.confirm(question, abort=True, err=True)
    before = restore(file, path, utc_now(), world, desk=desk)
    if output_format == "json":
        click.echo(json_text({"restored": parts, "before": str(before)}))
        return
    click.echo(f"restored {', '.join(parts)}; what was there before: {before}")
