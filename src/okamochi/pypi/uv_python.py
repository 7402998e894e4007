"""A CPython of this machine, for images whose own Python cannot run here: found by uv, or installed by it.

See https://docs.astral.sh/uv/concepts/python-versions/ for where uv looks and UV_PYTHON_DOWNLOADS.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from okamochi.errors import EngineError, OkamochiError, RegistryError
from okamochi.pypi.index_options import IndexOptions
from okamochi.pypi.pip_settings import PipSettings, read_pip_settings
from okamochi.pypi.uv_environment import uv_environment
from okamochi.pypi.uv_errors import explained_lines, uv_failure
from okamochi.pypi.uv_program import uv_path as uv_program
from okamochi.system.process import Completed
from okamochi.system.words import word_tuple
from okamochi.system.world import World

__all__ = ["fill_environment", "find_python"]

FIND_SECONDS = 120
INSTALL_SECONDS = 1800

# What rules where uv finds Pythons and how it gets them; the rest of its settings is `uv_environment`'s.
PYTHON_SETTINGS = word_tuple(
    "UV_PYTHON_INSTALL_DIR UV_PYTHON_INSTALL_MIRROR UV_PYTHON_DOWNLOADS_JSON_URL UV_PYTHON_CACHE_DIR "
    "UV_PYTHON_PREFERENCE UV_MANAGED_PYTHON UV_NO_MANAGED_PYTHON"
)

# Free-threaded and debug builds (their abiflags are not empty) write other bytecode than the plain one.
PROBE = """
import sys
import _frozen_importlib_external as external
print(sys.implementation.name, "%d.%d.%d" % sys.version_info[:3], sys.version_info.releaselevel,
      int.from_bytes(external.MAGIC_NUMBER[:2], "little"), "abi=" + sys.abiflags)
"""


@dataclass(frozen=True, slots=True)
class HostPython:
    """`version` is the full one; `magic` is the number that its bytecode begins with (PEP 3147)."""

    program: Path
    version: str
    magic: int


def find_python(world: World, wanted: str, *, error: type[OkamochiError], doing: str) -> HostPython:
    """A released CPython: exactly `wanted` ("3.13.5") if it is there or may be installed, else another patch
    release of the same minor version; a minor version alone ("3.13") takes any.

    Raises `error` when there is none; `doing` says what it was for. Nothing is installed offline, or when
    UV_PYTHON_DOWNLOADS is "manual" or "never"."""
    minor = ".".join(wanted.split(".")[:2])
    refusals: list[str] = []
    for version in dict.fromkeys((wanted, minor)):
        found = next(_tried(world, version, refusals), None)
        if found is not None:
            return found
    raise error(
        f"there is no CPython {minor} on this machine, needed for {doing}",
        where=f"cpython@{wanted}",
        hint=f"install it (uv python install {wanted}), or let uv do so: UV_PYTHON_DOWNLOADS=automatic",
        details=tuple(dict.fromkeys(refusals))[-12:],
    )


def _tried(world: World, version: str, refusals: list[str]) -> Iterator[HostPython]:
    """What can be had, nearest first. uv gives up at a broken Python on PATH, such as pyenv's shims: those
    that it manages itself are asked for once more."""
    request = f"cpython@{version}"
    yield from _found(world, request, (), refusals)
    yield from _found(world, request, ("--managed-python",), refusals)
    if not _may_download(world):
        return
    with world.reporter.step(f"Installing CPython {version} by uv"):
        argv = ("python", "install", "--no-bin", request)
        completed = _uv(world, *argv, downloads="automatic", seconds=INSTALL_SECONDS)
    if not completed.ok:
        refusals.extend(explained_lines(completed))
        return
    yield from _found(world, request, ("--managed-python",), refusals)


def _may_download(world: World) -> bool:
    return not world.offline and world.environ.get("UV_PYTHON_DOWNLOADS", "automatic") == "automatic"


def _found(world: World, request: str, options: tuple[str, ...], refusals: list[str]) -> Iterator[HostPython]:
    argv = ("python", "find", "--no-project", "--system", *options, request)
    completed = _uv(world, *argv, downloads="never", seconds=FIND_SECONDS)
    if not completed.ok:
        refusals.extend(explained_lines(completed))
        return
    program = Path(completed.text)
    probe = world.runner.run(
        (str(program), "-I", "-S", "-c", PROBE), env={"LC_ALL": "C.UTF-8"}, timeout_seconds=60
    )
    words = probe.text.split()
    if probe.ok and len(words) == 5 and (words[0], words[2], words[4]) == ("cpython", "final", "abi="):
        yield HostPython(program, words[1], int(words[3]))
        return
    said = " ".join(words) or probe.error_text[-200:]
    refusals.append(f"{program} is no plain release of CPython: {said}")


def fill_environment(
    world: World, python: HostPython, folder: Path, packages: tuple[tuple[str, str], ...]
) -> None:
    """A virtual environment in `folder` with exactly these (name, version), from the host's own indexes.

    Wheels only: no code of a package is executed. RegistryError when the index does not answer; EngineError
    when one of them cannot be had for this machine."""
    venv = ("venv", "--no-project", "--allow-existing", "--python", str(python.program), str(folder))
    made = _uv(world, *venv)
    if not made.ok:
        raise _unfilled(world, made)
    if not packages:
        return
    with world.cache.temporary() as scratch:
        listed = scratch / "requirements.txt"
        listed.write_text("".join(f"{name}=={version}\n" for name, version in packages), encoding="utf-8")
        installed = _uv(
            world,
            *(
                "pip",
                "install",
                "--python",
                str(folder / "bin/python"),
                "--no-deps",
                "--only-binary",
                ":all:",
            ),
            *("--compile-bytecode", "-r", str(listed), *_index_flags(world)),
            seconds=INSTALL_SECONDS,
        )
    if not installed.ok:
        raise _unfilled(world, installed)


def _unfilled(world: World, completed: Completed) -> OkamochiError:
    doing = "installing the image's packages for this machine"
    failure = uv_failure(completed, lines=(), doing=doing, offline=world.offline)
    if isinstance(failure, RegistryError):
        return failure
    return EngineError(
        "the image's packages cannot be installed on this machine",
        where="uv pip install",
        hint="use --engine docker or --engine podman, which run the image itself",
        details=explained_lines(completed)[-12:],
    )


def _index_flags(world: World) -> tuple[str, ...]:
    return ("--no-index",) if _pip_settings(world).indexes.no_index else ()


def _uv(world: World, *arguments: str, downloads: str = "never", seconds: float = FIND_SECONDS) -> Completed:
    """uv in an empty folder: a project's settings, .venv or .python-version in reach would count."""
    offline = ("--offline",) if world.offline else ()
    with world.cache.temporary() as folder:
        argv = (uv_program(), *arguments, *offline)
        return world.runner.run(argv, env=_environment(world, downloads), cwd=folder, timeout_seconds=seconds)


def _environment(world: World, downloads: str) -> Mapping[str, str]:
    environ = uv_environment(
        world.environ,
        pip=_pip_settings(world),
        project=IndexOptions(),
        cache_folder=world.cache.tool_folder("uv"),
    )
    kept = {name: world.environ[name] for name in PYTHON_SETTINGS if name in world.environ}
    return {**environ, **kept, "UV_PYTHON_DOWNLOADS": downloads}


def _pip_settings(world: World) -> PipSettings:
    return read_pip_settings(world.environ)
