"""`okamochi dev`: the stack at the desk."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from okamochi.cli.ending import INTERRUPTED
from okamochi.cli.options import (
    Port,
    engine_option,
    entrypoint_option,
    format_option,
    json_text,
    offline_option,
    overrides_of,
    path_argument,
    port_option,
)
from okamochi.cli.world import real_world

if TYPE_CHECKING:
    from okamochi.run.state import UpRecord


@click.command(name="dev")
@path_argument
@click.option(
    "--env-file",
    type=click.Path(path_type=Path),
    help="Values for the app's variables; default: .env.dev, .env.development or .env.",
)
@port_option
@engine_option
@click.option(
    "--debug",
    "debug_port",
    type=Port(),
    is_flag=False,
    flag_value=5678,
    default=None,
    metavar="[PORT]",
    help="Let a debugger attach (debugpy) on this loopback port; 5678 when none is named.",
)
@click.option(
    "-f", "--follow", is_flag=True, help="Show the log, build again when requirements change; Ctrl-C ends it."
)
@offline_option
@entrypoint_option
@format_option
def command(
    path: Path,
    env_file: Path | None,
    port: int | None,
    engine: str | None,
    debug_port: int | None,
    follow: bool,
    offline: bool,
    entrypoint: str | None,
    output_format: str,
) -> None:
    """The stack of the project in PATH for development: source mounted, reload at each change; print its URL.

    It runs beside what `okamochi up` started, with data and secrets of its own, as the user whose files these
    are, on a loopback port. `okamochi down` ends both.
    """
    from okamochi.workflows.dev import DevRequest, dev

    request = DevRequest(
        path=path,
        engine=engine,
        port=port,
        env_file=env_file,
        debug_port=debug_port or 0,
        overrides=overrides_of(entrypoint=entrypoint),
    )
    world = real_world(offline=offline)

    serving: list[UpRecord] = []

    def tell(record: "UpRecord") -> None:
        serving.append(record)
        click.echo(answer(record, output_format))

    if not follow:
        tell(dev(request, world))
        return
    from okamochi.workflows.desk.follow import follow as follow_changes

    try:
        follow_changes(request, world, tell)
    except KeyboardInterrupt as error:
        if not serving or not is_usual_end(error):
            raise
        click.echo("\nthe desk is stopped; its data stays", err=True)
        sys.exit(INTERRUPTED)


def is_usual_end(error: KeyboardInterrupt) -> bool:
    """Ctrl-C once: a second one meets the desk while it is being stopped."""
    return type(error) is KeyboardInterrupt and not isinstance(error.__context__, KeyboardInterrupt)


def answer(record: "UpRecord", output_format: str) -> str:
    return json_text(record) if output_format == "json" else record.url
