"""`okamochi doctor`: what this machine offers."""

import sys
from typing import TYPE_CHECKING

import click

from okamochi.cli.layout import columns, folded
from okamochi.cli.options import format_option, json_text
from okamochi.cli.world import real_world

if TYPE_CHECKING:
    from okamochi.workflows.doctor import Check

MARKS = {True: "ok", False: "--"}
BELOW = 25


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
            click.echo(as_text(check, columns()))
    sys.exit(0 if all(check.ok for check in report if check.needed) else 7)


def as_text(check: "Check", terminal: int) -> str:
    mark = click.style(MARKS[check.ok], fg="green" if check.ok else "yellow")
    lines = [f"{mark}  {check.name:<20} {folded(check.found, BELOW, terminal)}"]
    if check.remedy:
        lines.append(" " * BELOW + click.style(folded(check.remedy, BELOW, terminal), dim=True))
    return "\n".join(lines)
