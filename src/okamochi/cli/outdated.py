"""`okamochi outdated`: what has newer versions."""

from pathlib import Path

import click

from okamochi.cli.options import format_option, json_text, path_argument
from okamochi.cli.world import real_world


@click.command(name="outdated")
@path_argument
@click.option("--platform", metavar="OS/ARCH", help="linux/amd64 or linux/arm64; default: this machine's.")
@click.option("--check", is_flag=True, help="Exit with 1 when anything has a newer version.")
@format_option
def command(path: Path, platform: str | None, check: bool, output_format: str) -> int:
    """Say which base packages and wheels in okamochi.lock have newer versions; nothing is changed.

    "(security)": the newer one is from Debian's security archive. 'okamochi lock --upgrade' takes them all.
    """
    from okamochi.workflows.outdated import outdated

    found = outdated(path, real_world(), platform=platform)
    if output_format == "json":
        click.echo(json_text({"outdated": found}))
    else:
        for one in found:
            click.echo(str(one))
        if not found:
            click.echo("okamochi.lock: everything is the newest")
    return 1 if check and found else 0
