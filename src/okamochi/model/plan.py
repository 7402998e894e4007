"""The plan: all that is decided about an app before anything is resolved, built or run."""

from enum import StrEnum
from typing import Literal

import msgspec

from okamochi.model.evidence import Decision
from okamochi.model.process import EnvironmentVariable, Process, ProcessType, SecurityContext, Volume

__all__ = [
    "APP_ROOT",
    "KIT_ROOT",
    "VENV_ROOT",
    "AppSource",
    "Base",
    "Dependencies",
    "Framework",
    "Plan",
    "ServerInterface",
    "WebApplication",
]


APP_ROOT = "/app"
VENV_ROOT = "/opt/venv"
KIT_ROOT = "/opt/okamochi"


class Framework(StrEnum):
    FLASK = "flask"


class ServerInterface(StrEnum):
    WSGI = "wsgi"


class WebApplication(msgspec.Struct, frozen=True, kw_only=True):
    """Where the server finds the app: `object_reference` as gunicorn takes it: "pkg.wsgi:app",
    "pkg:create_app()", "pkg:create_app('production')". `import_root` is the folder, relative to the project
    ("" or "src"), from which the module is imported."""

    framework: Framework
    interface: ServerInterface
    object_reference: str
    import_root: str = ""


class Dependencies(msgspec.Struct, frozen=True, kw_only=True):
    """What uv is asked to resolve, all inside the project.

    `files` are requirement files (relative paths, in order); those that they include are found by uv.
    `inline` are dependency specifiers from elsewhere: pyproject's project.dependencies.
    `added` are specifiers that okamochi adds (gunicorn) because the project ships no server.
    `constraint_files` are given as -c. `input_files` lists every file that the resolution reads (the files,
    those they include, pyproject.toml), for the lock's digest.
    """

    files: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    constraint_files: tuple[str, ...] = ()
    input_files: tuple[str, ...] = ()


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """The lowest layer: Debian packages of a suite, unpacked without dpkg. `packages` are asked for beyond
    what Python itself needs (native libraries, fonts), sorted."""

    kind: Literal["debian"] = "debian"
    suite: str = "trixie"
    python_package: str = "python3.13"
    packages: tuple[str, ...] = ()


class AppSource(msgspec.Struct, frozen=True, kw_only=True):
    """Which files of the project enter the image: everything below its root but what the patterns exclude.

    `exclude` are gitignore-style patterns, in order, later ones win ("!" re-includes): the built-in ones
    (VCS, caches, secrets, virtual environments), then .gitignore's, .dockerignore's, then the settings'.
    """

    exclude: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Complete and checked. Values are plain; the why of each lies in `decisions`.

    `python_version` is "3.13". `environment` is what the code reads; `image_environment` is what the image
    sets itself (sorted by name). `name` is a normalized name (PEP 503), fit for an image repository.
    """

    schema_version: Literal[1] = 1
    name: str
    python_version: str
    application: WebApplication
    dependencies: Dependencies
    base: Base
    source: AppSource
    processes: tuple[Process, ...]
    environment: tuple[EnvironmentVariable, ...] = ()
    image_environment: tuple[tuple[str, str], ...] = ()
    volumes: tuple[Volume, ...] = ()
    security: SecurityContext = SecurityContext()
    decisions: tuple[Decision, ...] = ()

    @property
    def web(self) -> Process:
        """The one process of type web; every plan has exactly one."""
        return next(process for process in self.processes if process.type is ProcessType.WEB)
