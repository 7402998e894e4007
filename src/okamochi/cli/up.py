"""`okamochi up`: the production stack, built, started and healthy."""

from pathlib import Path

import click

from okamochi.cli.options import (
    engine_option,
    entrypoint_option,
    env_file_option,
    format_option,
    json_text,
    locked_option,
    offline_option,
    overrides_of,
    path_argument,
    port_option,
)
from okamochi.cli.world import real_world


@click.command(name="up")
@path_argument
@env_file_option
@port_option
@engine_option
@locked_option
@click.option(
    "--setup",
    multiple=True,
    metavar="COMMAND",
    help="Run COMMAND in the container before its first page is asked for; once, until `down --volumes`.",
)
@click.option("--domain", metavar="NAME", help="Serve everybody under NAME, by a proxy with certificates.")
@click.option(
    "--expose", multiple=True, metavar="SERVICE=PORT", help="A loopback port that leads to a backing service."
)
@offline_option
@entrypoint_option
@format_option
def command(
    path: Path,
    env_file: Path | None,
    port: int | None,
    engine: str | None,
    locked: bool,
    setup: tuple[str, ...],
    domain: str | None,
    expose: tuple[str, ...],
    offline: bool,
    entrypoint: str | None,
    output_format: str,
) -> None:
    """Build the project in PATH, start it hardened, wait until it is healthy, print its URL.

    Non-root, read-only root, no capabilities, limited memory, CPU and processes, on a loopback port.
    """
    from okamochi.workflows.build import BuildRequest
    from okamochi.workflows.up import UpRequest, up

    overrides = overrides_of(entrypoint=entrypoint, domain=domain, expose=",".join(expose) or None)
    build = BuildRequest(path=path, locked=locked, overrides=overrides)
    request = UpRequest(build=build, engine=engine, port=port, env_file=env_file, setup=setup)
    record = up(request, real_world(offline=offline))
    if output_format == "json":
        click.echo(json_text(record))
    else:
        if record.public_url:
            click.echo(f"on this machine: {record.url}", err=True)
        click.echo(record.public_url or record.url)
