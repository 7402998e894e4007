"""Options that several commands share, declared once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from okamochi.cli.world import app_folder

__all__ = [
    "Port",
    "desk_option",
    "engine_option",
    "entrypoint_option",
    "env_file_option",
    "format_option",
    "json_text",
    "locked_option",
    "of_the_app",
    "offline_option",
    "overrides_of",
    "path_argument",
    "platforms_option",
    "port_option",
    "provenance_option",
    "sbom_option",
    "sign_option",
]

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Port(click.ParamType[int]):
    """A number that a port can have."""

    name = "port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= 65535):
            self.fail(f"{text!r} is no port; give a number from 1 to 65535.", param, ctx)
        return int(text)


def of_the_app(_: click.Context, __: click.Parameter, path: Path) -> Path:
    """As `app_folder`."""
    return app_folder(path)


path_argument: Decorator = click.argument(
    "path", default=".", type=click.Path(path_type=Path), metavar="[PATH]", callback=of_the_app
)

offline_option: Decorator = click.option(
    "--offline", is_flag=True, help="Use nothing but the cache; fail if something is missing."
)

entrypoint_option: Decorator = click.option(
    "--entrypoint", metavar="MODULE:OBJECT", help="What the server loads, when it should not be detected."
)

port_option: Decorator = click.option(
    "--port", type=Port(), help="Port on this machine; default: the next free one."
)

engine_option: Decorator = click.option(
    "--engine", metavar="ENGINE", help="docker, podman or host; default: the first that answers."
)

desk_option: Decorator = click.option(
    "--dev/--production",
    "desk",
    default=None,
    help="What dev started, or what up did; default: what was started last.",
)

locked_option: Decorator = click.option(
    "--locked", is_flag=True, help="Build exactly what okamochi.lock says; fail if it does not fit."
)

env_file_option: Decorator = click.option(
    "--env-file", type=click.Path(path_type=Path), help="Values for the app's variables, NAME=value."
)

platforms_option: Decorator = click.option(
    "--platform",
    metavar="OS/ARCH,...",
    help="linux/amd64, linux/arm64, or both with a comma, as one image index; default: this machine's.",
)

sbom_option: Decorator = click.option(
    "--sbom",
    "bills",
    multiple=True,
    metavar="FORMAT[:FILE]",
    help="Bill of materials: cyclonedx or spdx, into FILE; without one attached to the image in its layout "
    "or registry.",
)

provenance_option: Decorator = click.option(
    "--provenance",
    metavar="FILE",
    help='SLSA provenance, into FILE; "attach" attaches it to the image in its layout or registry.',
)

sign_option: Decorator = click.option(
    "--sign",
    "key",
    metavar="KEY",
    type=click.Path(path_type=Path),
    help="Sign what a registry gets, as cosign does, with this private key; its password in COSIGN_PASSWORD.",
)

format_option: Decorator = click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How the answer on stdout is written.",
)


def json_text(answer: object) -> str:
    """What --format json prints of builtins, structs and dataclasses."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(answer), indent=2).decode()


def overrides_of(**settings: str | None) -> tuple[tuple[str, str], ...]:
    """The settings given on the command line, by the name of the setting; absent ones are left out."""
    return tuple((name, value) for name, value in settings.items() if value is not None)
