"""`okamochi backup`: databases and volumes in one file."""

from pathlib import Path

import click

from okamochi.cli.options import desk_option, format_option, json_text, path_argument
from okamochi.cli.world import real_world
from okamochi.system.clock import utc_now


@click.command(name="backup")
@path_argument
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file, or a folder for it; default: NAME-DATE.okamochi-backup here.",
)
@desk_option
@format_option
def command(path: Path, output: Path | None, desk: bool | None, output_format: str) -> None:
    """Save the databases and volumes of the running app in PATH to one file, while it serves.

    Databases are dumped by their own programs, SQLite files copied as of one moment. Secrets are not in it.
    """
    from okamochi.workflows.backup import backup

    saved = backup(path, output, utc_now(), real_world(), desk=desk)
    for sentence in saved.manifest.left_out:
        click.echo(sentence, err=True)
    answer = {"path": str(saved.path), "left_out": saved.manifest.left_out}
    click.echo(json_text(answer) if output_format == "json" else str(saved.path))
