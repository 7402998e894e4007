"""[tool.okamochi] in pyproject.toml, or okamochi.toml: each setting is declared once, here.

Zero configuration is the rule: a setting exists only to overrule a decision.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ["ServiceSetting", "Settings", "SettingsTable"]

Port = Annotated[int, Meta(ge=1, le=65535)]
Cpus = Annotated[float, Meta(gt=0)]


class ServiceSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service with more than its image: the user and the database that its data were made with."""

    image: str
    user: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{0,63}$")] = ""
    database: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{0,63}$")] = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """All settings; absent means: decide. Keys are written in kebab-case."""

    name: Annotated[str | None, Meta(description="name of the app and of its image")] = None
    entrypoint: Annotated[
        str | None, Meta(description='what the server loads: "pkg.wsgi:app", "pkg:create_app()"')
    ] = None
    python: Annotated[str | None, Meta(description='Python version: "3.13"')] = None
    base: Annotated[
        str | None,
        Meta(
            description='what the image is made on: "debian" (packages), "image" (python:X.Y-slim), or the '
            "reference of another image with that Python; layout:DIR, docker:NAME or podman:NAME for one of "
            "this machine"
        ),
    ] = None
    requirements: Annotated[
        tuple[str, ...] | None, Meta(description="requirement files to install, in order")
    ] = None
    exclude_newer: Annotated[
        str | None, Meta(description='nothing that was published later is installed: "2024-05-01"')
    ] = None
    keep_pins: Annotated[
        bool | None,
        Meta(
            description="true: no other release is taken in the place of a pinned one where that cannot "
            "be had, does not run or contradicts another pin"
        ),
    ] = None
    port: Annotated[Port | None, Meta(description="port that the server listens on in the container")] = None
    health: Annotated[
        str | None,
        Meta(description='path of the health check, such as "/healthz"; "tcp" for any answer on the port'),
    ] = None
    health_host: Annotated[str | None, Meta(description="Host header that the health check sends")] = None
    packages: Annotated[
        tuple[str, ...] | None, Meta(description="Debian packages to add to the base: libraries, fonts")
    ] = None
    volumes: Annotated[
        tuple[str, ...] | None,
        Meta(description="folders that the app writes and that are kept; relative to the app or absolute"),
    ] = None
    exclude: Annotated[
        tuple[str, ...] | None, Meta(description="gitignore-style patterns of what stays out of the image")
    ] = None
    env: Annotated[
        dict[str, str] | None, Meta(description="environment variables of the image; never secrets")
    ] = None
    memory: Annotated[str | None, Meta(description='memory limit of a container: "512M", "2G"')] = None
    cpus: Annotated[Cpus | None, Meta(description="CPU limit of a container: 0.5, 2")] = None
    tmp: Annotated[
        str | None, Meta(description='size of /tmp, which is in memory and counts as such: "256M"')
    ] = None
    services: Annotated[
        dict[str, str | ServiceSetting] | bool | None,
        Meta(
            description='services to run: { db = "postgres:16", redis = "off" }; with the names that its '
            'data has: { db = { image = "postgres:16", user = "shop", database = "shop" } }; false for none'
        ),
    ] = None
    expose: Annotated[
        dict[str, Port] | None,
        Meta(description="services that a port of this machine's loopback leads to: { db = 15432 }"),
    ] = None
    domain: Annotated[
        str | None, Meta(description='name under which a proxy with certificates serves: "example.org"')
    ] = None
    worker_profile: Annotated[
        str | None, Meta(description='Compose profile of workers and schedulers: "workers"')
    ] = None
    gunicorn: Annotated[
        bool | None, Meta(description="false: never add gunicorn, the project brings its server")
    ] = None


class SettingsTable(msgspec.Struct, frozen=True, kw_only=True):
    """Settings and where they were written: `path` ("" when there are none) and the line of each key."""

    settings: Settings = Settings()
    path: str = ""
    lines: tuple[tuple[str, int], ...] = ()
