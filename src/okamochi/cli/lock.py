"""`okamochi lock`: pin base packages and wheels."""

from pathlib import Path

import click

from okamochi.cli.options import format_option, offline_option, path_argument, real_world


@click.command(name="lock")
@path_argument
@click.option("--upgrade", is_flag=True, help="Move everything to its newest version.")
@click.option(
    "--upgrade-package",
    "packages",
    multiple=True,
    metavar="NAME",
    help="Move this wheel or Debian package to its newest version, and others only where it needs that; "
    "several times.",
)
@click.option("--platform", metavar="OS/ARCH", help="linux/amd64 or linux/arm64; default: this machine's.")
@offline_option
@format_option
def command(
    path: Path,
    upgrade: bool,
    packages: tuple[str, ...],
    platform: str | None,
    offline: bool,
    output_format: str,
) -> None:
    """Write okamochi.lock: every base package and wheel by digest. Says on stdout what changed."""
    from okamochi.workflows.relock import relock

    if upgrade and packages:
        raise click.UsageError("--upgrade moves everything: leave --upgrade-package out")
    world = real_world(offline=offline)
    changes = relock(path, world, upgrade=upgrade, platform=platform, packages=packages)
    if output_format == "json":
        import json

        click.echo(json.dumps({"changes": changes}, indent=2))
        return
    for change in changes:
        click.echo(change)
    if not changes:
        click.echo("okamochi.lock: nothing changed")
