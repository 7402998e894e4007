"""`okamochi lock`: pin base packages and wheels."""

from pathlib import Path

import click

from okamochi.cli.options import format_option, offline_option, path_argument, real_world


@click.command(name="lock")
@path_argument
@click.option("--upgrade", is_flag=True, help="Move everything to its newest version.")
@click.option("--platform", metavar="OS/ARCH", help="linux/amd64 or linux/arm64; default: this machine's.")
@offline_option
@format_option
def command(path: Path, upgrade: bool, platform: str | None, offline: bool, output_format: str) -> None:
    """Write okamochi.lock: every base package and wheel by digest. Says on stdout what changed."""
    from okamochi.workflows.relock import relock

    changes = relock(path, real_world(offline=offline), upgrade=upgrade, platform=platform)
    if output_format == "json":
        import json

        click.echo(json.dumps({"changes": changes}, indent=2))
        return
    for change in changes:
        click.echo(change)
    if not changes:
        click.echo("okamochi.lock: nothing changed")
