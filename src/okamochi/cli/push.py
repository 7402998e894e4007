"""`okamochi push`: the image to a registry."""

from typing import Any

import click

from okamochi.cli.build import deliver
from okamochi.cli.options import (
    entrypoint_option,
    format_option,
    offline_option,
    path_argument,
    platforms_option,
    provenance_option,
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
def command(reference: str, **options: Any) -> None:
    """Build the image of the project in PATH, where it is not built yet, and push what the registry lacks.

    REF is REGISTRY/NAME:TAG. Credentials are those of docker login or podman login. The last line on stdout
    is the image's reference with its digest.
    """
    deliver(tag=reference, sinks=("registry",), **options)
