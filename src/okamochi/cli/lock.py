"""`okamochi lock`: pin base packages and wheels."""

import os
from pathlib import Path

import click

from okamochi.cli.options import format_option, json_text, offline_option
from okamochi.cli.world import app_folder, real_world


@click.command(name="lock")
@click.argument("words", nargs=-1, metavar="[PATH] [PACKAGE]...")
@click.option(
    "--upgrade",
    is_flag=True,
    help="Move everything to its newest version; with PACKAGEs, these alone, and others only where they need "
    "that.",
)
@click.option(
    "--upgrade-package",
    "packages",
    multiple=True,
    metavar="NAME",
    help="The same for one wheel or Debian package that is called like a folder here; several times.",
)
@click.option("--platform", metavar="OS/ARCH", help="linux/amd64 or linux/arm64; default: this machine's.")
@offline_option
@format_option
def command(
    words: tuple[str, ...],
    upgrade: bool,
    packages: tuple[str, ...],
    platform: str | None,
    offline: bool,
    output_format: str,
) -> None:
    """Write okamochi.lock: every base package and wheel by digest. Says on stdout what changed.

    A PACKAGE is a wheel or a Debian package of the lock: 'okamochi lock --upgrade flask'. What names a
    folder is the PATH."""
    from okamochi.workflows.relock import relock

    path, named = path_and_packages(words, upgrade=upgrade)
    if upgrade and packages and not named:
        raise click.UsageError("--upgrade alone moves everything: leave it or --upgrade-package out")
    packages = (*named, *packages)
    upgrade = upgrade and not packages
    world = real_world(offline=offline)
    changes = relock(path, world, upgrade=upgrade, platform=platform, packages=packages)
    if output_format == "json":
        click.echo(json_text({"changes": changes}))
        return
    for change in changes:
        click.echo(change)
    if not changes:
        click.echo("okamochi.lock: nothing changed")


def path_and_packages(words: tuple[str, ...], *, upgrade: bool) -> tuple[Path, tuple[str, ...]]:
    """The project and the packages to move. Without --upgrade nothing moves: a word is the project then."""
    folders = [word for word in words if os.sep in word or Path(word).is_dir()]
    if not upgrade:
        folders = list(words)
    if len(folders) > 1:
        raise click.UsageError(f"several projects: {' '.join(folders)}; 'okamochi lock' takes one PATH")
    path = app_folder(Path(folders[0]) if folders else Path())
    return path, tuple(word for word in words if word not in folders)
