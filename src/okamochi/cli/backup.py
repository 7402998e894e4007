"""`okamochi backup`: databases and volumes in one file."""

import datetime
from pathlib import Path

import click

from okamochi.cli.options import path_argument, real_world


@click.command(name="backup")
@path_argument
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file, or a folder for it; default: NAME-DATE.okamochi-backup here.",
)
def command(path: Path, output: Path | None) -> None:
    """Save the databases and volumes of the running app in PATH to one file, while it serves.

    Databases are dumped by their own programs, SQLite files copied as of one moment. Secrets are not in it.
    """
    from okamochi.workflows.backup import backup

    saved = backup(path, output, datetime.datetime.now(datetime.UTC), real_world())
    for sentence in saved.manifest.left_out:
        click.echo(sentence, err=True)
    click.echo(str(saved.path))
