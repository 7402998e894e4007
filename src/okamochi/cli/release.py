"""`okamochi release`: the migrations, by hand."""

import sys
from pathlib import Path

import click

from okamochi.cli.options import desk_option, path_argument
from okamochi.cli.world import real_world


@click.command(name="release")
@path_argument
@desk_option
def command(path: Path, desk: bool | None) -> None:
    """Run the release process (migrations) of the project in PATH once, with what runs of it.

    `okamochi up` runs it before each start of web by itself. Here it runs again in a container of the image
    that serves, with its databases; the exit code is its own.
    """
    from okamochi.workflows.release import release

    world = real_world()
    done = release(path, world, desk=desk)
    world.reporter.note(f"{done.shown}: exit code {done.exit_code}")
    sys.exit(done.exit_code)
