"""`okamochi push`: the image to a registry."""

from pathlib import Path

import click

from okamochi.cli.build import as_json
from okamochi.cli.options import (
    entrypoint_option,
    format_option,
    offline_option,
    overrides_of,
    path_argument,
    platforms_option,
    provenance_option,
    real_world,
    sbom_option,
    sign_option,
)


@click.command(name="push")
@click.argument("reference", metavar="REF")
@path_argument
@platforms_option
@click.option("--locked", is_flag=True, help="Push exactly what okamochi.lock says; fail if it does not fit.")
@sbom_option
@provenance_option
@sign_option
@offline_option
@entrypoint_option
@format_option
def command(
    reference: str,
    path: Path,
    platform: str | None,
    locked: bool,
    bills: tuple[str, ...],
    provenance: str | None,
    key: Path | None,
    offline: bool,
    entrypoint: str | None,
    output_format: str,
) -> None:
    """Build the image of the project in PATH, where it is not built yet, and push what the registry lacks.

    REF is REGISTRY/NAME:TAG. Credentials are those of docker login or podman login. The last line on stdout
    is the image's reference with its digest.
    """
    from okamochi.workflows.attestations import Attachments
    from okamochi.workflows.build import BuildRequest
    from okamochi.workflows.deliver import build_and_deliver

    request = BuildRequest(
        path=path,
        platform=platform,
        locked=locked,
        overrides=tuple(overrides_of(entrypoint=entrypoint).items()),
    )
    attach = Attachments(bills=bills, provenance=provenance or "", key=key)
    world = real_world(offline=offline)
    delivery = build_and_deliver(request, world, tag=reference, sinks=("registry",), attach=attach)
    click.echo(as_json(delivery) if output_format == "json" else delivery.answers[-1])
