"""`okamochi doctor`: what this machine offers."""

import sys

import click

from okamochi.cli.options import format_option, json_text
from okamochi.cli.world import real_world

MARKS = {True: "ok", False: "--"}


@click.command(name="doctor")
@format_option
def command(output_format: str) -> None:
    """What this machine offers, what is missing, and what to do about it.

    Exit code 0 when images can be built and run here, 7 when not.
    """
    from okamochi.workflows.doctor import examine

    report = examine(real_world())
    if output_format == "json":
        click.echo(json_text(report))
    else:
        for check in report:
            mark = click.style(MARKS[check.ok], fg="green" if check.ok else "yellow")
            click.echo(f"{mark}  {check.name:<20} {check.found}")
            if check.remedy:
                click.echo(" " * 25 + click.style(check.remedy, dim=True))
    sys.exit(0 if all(check.ok for check in report if check.needed) else 7)
