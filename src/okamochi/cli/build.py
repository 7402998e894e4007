"""`okamochi build`: the image."""

from pathlib import Path
from typing import Any

import click

from okamochi.cli.options import (
    entrypoint_option,
    format_option,
    json_text,
    locked_option,
    offline_option,
    overrides_of,
    path_argument,
    platforms_option,
    provenance_option,
    sbom_option,
    sign_option,
)
from okamochi.cli.world import real_world


@click.command(name="build")
@path_argument
@click.option("--tag", metavar="REF", help="Name of the image; default: project name and content.")
@click.option(
    "--to",
    "sinks",
    multiple=True,
    metavar="SINK",
    help="Where the image goes: docker, podman, layout:DIR, archive:FILE, registry (by --tag); may be given "
    "several times. Default: the engine that answers, else a layout in the cache.",
)
@platforms_option
@locked_option
@sbom_option
@provenance_option
@sign_option
@offline_option
@entrypoint_option
@format_option
def command(**options: Any) -> None:
    """Build the OCI image of the project in PATH, without a Docker daemon and without a Dockerfile.

    The last line on stdout is the image's reference.
    """
    deliver(**options)


def deliver(
    *,
    path: Path,
    tag: str | None,
    sinks: tuple[str, ...],
    platform: str | None,
    locked: bool,
    bills: tuple[str, ...],
    provenance: str | None,
    key: Path | None,
    offline: bool,
    entrypoint: str | None,
    output_format: str,
) -> None:
    from okamochi.workflows.build import BuildRequest
    from okamochi.workflows.deliver import build_and_deliver
    from okamochi.workflows.delivery.attestations import Attachments

    overrides = overrides_of(entrypoint=entrypoint)
    request = BuildRequest(path=path, platform=platform, locked=locked, overrides=overrides)
    attach = Attachments(bills=bills, provenance=provenance or "", key=key)
    delivery = build_and_deliver(request, real_world(offline=offline), tag=tag, sinks=sinks, attach=attach)
    click.echo(json_text(delivery.report()) if output_format == "json" else delivery.answers[-1])
