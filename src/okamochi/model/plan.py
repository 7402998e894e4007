"""The plan: all that is decided about an app before anything is resolved, built or run."""

from enum import StrEnum
from typing import Literal

import msgspec

from okamochi.model.backing_service import BackingService
from okamochi.model.evidence import Decision
from okamochi.model.native import NativeFacts
from okamochi.model.process import (
    TMP_BYTES,
    EnvironmentVariable,
    MovedFile,
    Process,
    ProcessType,
    SecretFile,
    SecurityContext,
    TemporaryFolder,
    Volume,
)

__all__ = [
    "APP_ROOT",
    "KIT_ROOT",
    "MOVED_ROOT",
    "PACKAGES_ROOT",
    "PROXY_PROFILE",
    "VENV_ROOT",
    "AppSource",
    "Base",
    "Dependencies",
    "DependencyManager",
    "Development",
    "Framework",
    "LocalPackage",
    "Plan",
    "ServerInterface",
    "SetupCommand",
    "WebApplication",
]


APP_ROOT = "/app"
PROXY_PROFILE = "domain"
"""Of Compose: that of the proxy."""
VENV_ROOT = "/opt/venv"
KIT_ROOT = "/opt/okamochi"
PACKAGES_ROOT = f"{KIT_ROOT}/packages"
MOVED_ROOT = "/var/lib/app-files"


class Framework(StrEnum):
    """OTHER: a program of the project's own that listens on a port, of no framework that is known."""

    FLASK = "flask"
    QUART = "quart"
    FASTAPI = "fastapi"
    STARLETTE = "starlette"
    LITESTAR = "litestar"
    DJANGO = "django"
    STREAMLIT = "streamlit"
    DASH = "dash"
    GRADIO = "gradio"
    PANEL = "panel"
    BOKEH = "bokeh"
    AIOHTTP = "aiohttp"
    BOTTLE = "bottle"
    FALCON = "falcon"
    SANIC = "sanic"
    TORNADO = "tornado"
    PYRAMID = "pyramid"
    BLACKSHEEP = "blacksheep"
    NICEGUI = "nicegui"
    CHAINLIT = "chainlit"
    SHINY = "shiny"
    MARIMO = "marimo"
    SOLARA = "solara"
    TAIPY = "taipy"
    OTHER = "other"


class ServerInterface(StrEnum):
    """WSGI and ASGI applications are loaded by a server; OWN is a program that is its own server
    (streamlit, a script that calls launch(), a console script)."""

    WSGI = "wsgi"
    ASGI = "asgi"
    OWN = "own"


class WebApplication(msgspec.Struct, frozen=True, kw_only=True):
    """Where the server finds the app: `object_reference` as gunicorn takes it: "pkg.wsgi:app",
    "pkg:create_app()", "pkg:create_app('production')". `import_root` is the folder, relative to the project
    ("" or "src"), from which the module is imported. `package` is the name under which the project's folder
    itself is one, "" for none. `parses_arguments`: it does so while it is imported, and gets none.
    `starts_inside`: the import root is its working directory, where it looks for its files.

    An app of interface OWN has no object reference; `script` is then the file that its command runs, relative
    to the project ("streamlit_app.py"), or "" when the command is a console script or a module."""

    framework: Framework
    interface: ServerInterface
    object_reference: str = ""
    import_root: str = ""
    script: str = ""
    package: str = ""
    parses_arguments: bool = False
    starts_inside: bool = False

    @property
    def entry_point(self) -> str:
        """The object that is served, or the file that runs; "" for a command that is neither."""
        return self.object_reference or self.script

    @property
    def working_directory(self) -> str:
        return f"{APP_ROOT}/{self.import_root}" if self.starts_inside else APP_ROOT


class DependencyManager(StrEnum):
    """Whose files say what is installed. SETUPTOOLS: setup.cfg or setup.py; PYPROJECT: the project table
    without a lock; CONDA: the pip part of environment.yml; IMPORTS: nothing but the code's own imports."""

    PIP = "pip"
    PIPENV = "pipenv"
    POETRY = "poetry"
    UV = "uv"
    PDM = "pdm"
    PYLOCK = "pylock"
    PYPROJECT = "pyproject"
    SETUPTOOLS = "setuptools"
    CONDA = "conda"
    IMPORTS = "imports"


class LocalPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package that is source of the project: a workspace member, a path dependency, the project itself
    ("" is its root). `path` is relative to the project. It is built into a wheel as a source distribution
    is; `editable` says that its files stay where they are and only its metadata is installed."""

    name: str
    path: str
    editable: bool = False


class Dependencies(msgspec.Struct, frozen=True, kw_only=True):
    """What is resolved, all inside the project.

    `manager` says whose rules hold. With a `lock_file` (poetry.lock, Pipfile.lock, uv.lock, pdm.lock,
    pylock.toml) its pins and hashes are the answer, for the `groups` and `extras` named, and only what is
    `added` is resolved beside them. Otherwise uv resolves:
    `files` are requirement files (relative paths, in order); those that they include are found by uv.
    `inline` are dependency specifiers from elsewhere: pyproject's project.dependencies.
    `added` are specifiers that okamochi adds (gunicorn) because the project ships no server.
    `constraint_files` are given as -c. `input_files` lists every file that the resolution reads (the files,
    those they include, pyproject.toml, the lock file), for the lock's digest.
    `exclude_newer` is a date (RFC 3339): nothing that was uploaded later is chosen; "" for today's index.
    `moved` are releases ("psycopg2==2.8.6") that take the place of those that the project pins; none does
    where `keep_pins`.
    """

    manager: DependencyManager = DependencyManager.PIP
    lock_file: str = ""
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    constraint_files: tuple[str, ...] = ()
    input_files: tuple[str, ...] = ()
    local: tuple[LocalPackage, ...] = ()
    exclude_newer: str = ""
    moved: tuple[str, ...] = ()
    keep_pins: bool = False


class Development(msgspec.Struct, frozen=True, kw_only=True):
    """What the project asks for at the desk, beyond what production installs: `specifiers`, which come from
    `groups` or `extras` of its lock, from requirement `files`, or stand in a table; `input_files` say so.
    `environment` switches the app's own debugging on, by the variable that the code reads for that."""

    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    specifiers: tuple[str, ...] = ()
    input_files: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """The lowest layer. Kind "debian": packages of a suite, unpacked without dpkg. Kind "image": an image
    from a registry ("python:3.12-slim"), pinned by digest in the lock, on which the same layers are put;
    `python_package` is then empty and `suite` is the image's own.
    `packages` are asked for by a setting beyond what Python itself and the wheels need, sorted."""

    kind: Literal["debian", "image"] = "debian"
    suite: str = "trixie"
    python_package: str = "python3.13"
    image: str = ""
    packages: tuple[str, ...] = ()


class AppSource(msgspec.Struct, frozen=True, kw_only=True):
    """Which files of the project enter the image: everything below its root but what the patterns exclude.

    `exclude` are gitignore-style patterns, in order, later ones win ("!" re-includes): the built-in ones
    (VCS, caches, secrets, virtual environments), then .gitignore's, .dockerignore's, then the settings'.
    """

    exclude: tuple[str, ...] = ()


class SetupCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command of the project that sets its data up, and may drop what is there: never run unless asked for.
    `argv` is run inside the image as it stands."""

    name: str
    argv: tuple[str, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Complete and checked. Values are plain; the why of each lies in `decisions`.

    `python_version` is "3.13"; `python_alternatives` are those that the project's metadata admits beside it,
    best first, tried in this order when what is pinned has no wheel for the first.
    `environment` is what the code reads; `image_environment` is what the image sets itself (sorted by name).
    `processes` share one image. `services` are what they connect to,
    `development_services` what stands in at the desk alone for what production has elsewhere (mail).
    `setup_commands` are offered. `volumes` outlive containers;
    `moved_files` are links from between the code into them, `secret_files` links to files of
    secrets. `temporary_folders` (beside /tmp) are written by the app and forgotten; `tmp_bytes` is the
    size of /tmp.
    `native` is what the app's own code says about libraries and programs beside Python's; the Debian packages
    for them, and for what the wheels need, are found when the wheels are there, and kept in the lock.
    `doors`: the code looks for services on its own machine; a program of the kit comes before each process.
    `loads_no_route`: what the server loads has none of the routes that the project has.
    `domain` is the name under which a proxy in front serves the app to everybody, "" for none.
    `name` is a normalized name (PEP 503), fit for an image repository.
    """

    schema_version: Literal[1] = 1
    name: str
    python_version: str
    python_alternatives: tuple[str, ...] = ()
    application: WebApplication
    dependencies: Dependencies
    development: Development = Development()
    base: Base
    source: AppSource
    processes: tuple[Process, ...]
    services: tuple[BackingService, ...] = ()
    development_services: tuple[BackingService, ...] = ()
    setup_commands: tuple[SetupCommand, ...] = ()
    environment: tuple[EnvironmentVariable, ...] = ()
    image_environment: tuple[tuple[str, str], ...] = ()
    volumes: tuple[Volume, ...] = ()
    moved_files: tuple[MovedFile, ...] = ()
    secret_files: tuple[SecretFile, ...] = ()
    temporary_folders: tuple[TemporaryFolder, ...] = ()
    tmp_bytes: int = TMP_BYTES
    security: SecurityContext = SecurityContext()
    native: NativeFacts = NativeFacts()
    doors: bool = False
    loads_no_route: bool = False
    domain: str = ""
    worker_profile: str = ""
    decisions: tuple[Decision, ...] = ()

    @property
    def key_names(self) -> frozenset[str]:
        """Of the variables that hold the path of a secret's file."""
        return frozenset(one.name for one in self.environment if one.holds_path)

    @property
    def web(self) -> Process:
        """The one process of type web; every plan has exactly one."""
        return next(process for process in self.processes if process.type is ProcessType.WEB)
