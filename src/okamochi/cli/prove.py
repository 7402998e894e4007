"""`okamochi prove`: evidence from a running container."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from okamochi.cli.layout import columns, folded
from okamochi.cli.options import (
    engine_option,
    entrypoint_option,
    env_file_option,
    format_option,
    json_text,
    offline_option,
    overrides_of,
    path_argument,
)
from okamochi.cli.world import real_world

if TYPE_CHECKING:
    from okamochi.workflows.prove import Proved

MARKS = {"holds": ("✓", "green"), "fails": ("✗", "red"), "untried": ("?", "yellow"), "beside": ("–", "white")}
SUMMARY = (
    ("holds", "holds", "hold"),
    ("fails", "fails", "fail"),
    ("untried", "could not be tried", "could not be tried"),
    ("beside", "does not apply", "do not apply"),
)


@click.command(name="prove")
@path_argument
@env_file_option
@engine_option
@click.option(
    "--setup", multiple=True, metavar="COMMAND", help="Run COMMAND in the container before its first page."
)
@offline_option
@entrypoint_option
@format_option
def command(
    path: Path,
    env_file: Path | None,
    engine: str | None,
    setup: tuple[str, ...],
    offline: bool,
    entrypoint: str | None,
    output_format: str,
) -> None:
    """Build the project in PATH, start it apart from everything else, and prove what is said of it.

    The container is looked at from inside and outside, asked for pages, a worker of it is killed, all are
    held, it is stopped under requests and started again. It is removed afterwards, with its data; what `up`
    started is not touched. Exit code 0 when every claim holds, 1 when one fails.
    """
    from okamochi.workflows.build import BuildRequest
    from okamochi.workflows.prove import prove
    from okamochi.workflows.up import UpRequest

    build = BuildRequest(path=path, overrides=overrides_of(entrypoint=entrypoint))
    request = UpRequest(build=build, engine=engine, env_file=env_file, setup=setup)
    proved = prove(request, real_world(offline=offline))
    click.echo(as_json(proved) if output_format == "json" else as_text(proved, columns()))
    sys.exit(1 if any(judged.outcome == "fails" for _, judged in proved.judged) else 0)


def as_text(proved: "Proved", terminal: int = 0) -> str:
    lines = []
    for claim, judged in proved.judged:
        mark, colour = MARKS[judged.outcome.value]
        lines.append(f"{click.style(mark, fg=colour)} {claim.promise}")
        lines.append(click.style(f"    {folded(judged.seen, 4, terminal)}", dim=True))
    return "\n".join((*lines, "", summary(proved)))


def summary(proved: "Proved") -> str:
    found = [judged.outcome.value for _, judged in proved.judged]
    parts = [
        f"{number} {one if number == 1 else several}"
        for name, one, several in SUMMARY
        if (number := found.count(name))
    ]
    return f"{', '.join(parts)} (on {proved.record.engine}, image {proved.record.image_digest[:19]})"


def as_json(proved: "Proved") -> str:
    report = {
        "engine": proved.record.engine,
        "image_digest": proved.record.image_digest,
        "claims": [
            {"name": claim.name, "promise": claim.promise, "outcome": judged.outcome, "seen": judged.seen}
            for claim, judged in proved.judged
        ],
        "observation": proved.observation,
    }
    return json_text(report)
