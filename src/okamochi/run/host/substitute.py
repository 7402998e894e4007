"""Where the image's own programs cannot run: an environment by uv with the same packages."""

from email.parser import BytesHeaderParser
from pathlib import Path

from okamochi.errors import EngineError
from okamochi.run.host.unpack import within
from okamochi.system.words import counted
from okamochi.system.world import World

__all__ = ["image_packages", "uv_environment_of"]


def uv_environment_of(world: World, folder: Path, root: Path) -> None:
    """Fills `folder` with an environment like the image's /opt/venv, of programs for this machine.

    EngineError when there is no CPython of the image's minor version, or a package has no wheel for this
    machine; RegistryError when the host's indexes do not answer."""
    from okamochi.pypi.uv_python import fill_environment, find_python

    name = python_name(root)
    minor = name.removeprefix("python")
    packages = image_packages(root, name)
    python = find_python(
        world, minor, error=EngineError, doing="running the app, as the image's own Python cannot run here"
    )
    with world.reporter.step(f"Environment: {counted(len(packages), 'package')} for this machine"):
        fill_environment(world, python, folder, packages)
    world.reporter.note(f"host: CPython {python.version} at {python.program} stands in for the image's")


def python_name(root: Path) -> str:
    """python3.13, of the program that the image's environment links to."""
    python = within(root, "opt/venv/bin/python")
    if not python.is_file() or not python.name.startswith("python3."):
        raise EngineError(
            "the image has no Python where okamochi puts it",
            where=str(root),
            hint="build the image again, or use --engine docker or --engine podman",
        )
    return python.name


def image_packages(root: Path, python: str) -> tuple[tuple[str, str], ...]:
    """(name, version) of every package in the image's environment, as its metadata says; sorted by name."""
    folder = within(root, f"opt/venv/lib/{python}/site-packages")
    found = (
        BytesHeaderParser().parsebytes(path.read_bytes()) for path in folder.glob("*.dist-info/METADATA")
    )
    return tuple(sorted((str(headers["Name"]), str(headers["Version"])) for headers in found))
