"""Pythons of this machine, found by uv; nothing is downloaded here."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest
from tests.recorded_runner import RecordedRunner, answer

from okamochi.errors import BuildError, EngineError
from okamochi.pypi.uv_python import find_python
from okamochi.system.process import Completed
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World

VERSION = "{}.{}.{}".format(*sys.version_info[:3])
MINOR = VERSION.rpartition(".")[0]
MAGIC = int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little")
OWN_FOLDER = str(Path(sys.executable).resolve().parent)


def world_with(tmp_path: Path, path: str, *, offline: bool = False, **environ: str) -> World:
    settings = {"PATH": path, "HOME": str(tmp_path), "UV_PYTHON_INSTALL_DIR": str(tmp_path / "pythons")}
    settings |= {"UV_PYTHON_DOWNLOADS": "never", **environ}
    return World.real(settings, SilentReporter(), offline=offline, cache_root=tmp_path / "cache")


@pytest.mark.parametrize("wanted", [VERSION, MINOR, f"{MINOR}.999"])
def test_the_exact_release_is_found_and_else_another_of_the_same_minor_version(
    tmp_path: Path, wanted: str
) -> None:
    found = find_python(world_with(tmp_path, OWN_FOLDER), wanted, error=BuildError, doing="a test")
    assert (found.version, found.magic) == (VERSION, MAGIC)
    assert found.program.is_relative_to(OWN_FOLDER)


def test_where_there_is_none_the_error_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        find_python(
            world_with(tmp_path, "/nonexistent"), "3.13.5", error=EngineError, doing="running the app"
        )
    assert caught.value.message == "there is no CPython 3.13 on this machine, needed for running the app"
    assert "uv python install 3.13.5" in caught.value.hint
    assert any("No interpreter found" in line for line in caught.value.details)


def test_offline_nothing_is_installed(tmp_path: Path) -> None:
    world = world_with(tmp_path, "/nonexistent", offline=True, UV_PYTHON_DOWNLOADS="automatic")
    with pytest.raises(BuildError) as caught:
        find_python(world, "3.13.5", error=BuildError, doing="compiling")
    assert not any("download" in line.lower() for line in caught.value.details)


def test_a_broken_python_on_the_path_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "bin/python3.13"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n")
    broken.chmod(0o755)
    world = world_with(tmp_path, f"{broken.parent}:/usr/bin:/bin")
    with pytest.raises(BuildError) as caught:
        find_python(world, "3.13", error=BuildError, doing="compiling")
    assert "command not found" in " ".join(caught.value.details)


@pytest.mark.parametrize(
    "said",
    [
        "pypy 3.13.5 final 3571 abi=",
        "cpython 3.13.5 candidate 3571 abi=",
        "cpython 3.13.5 final 3571 abi=t",
        "cpython 3.13.5 final 3571 abi=d",
    ],
)
def test_only_plain_releases_of_cpython_compile_for_images(tmp_path: Path, said: str) -> None:
    import uv

    answers: dict[tuple[str, ...], Completed] = {
        (uv.find_uv_bin(),): answer("/py\n"),
        ("/py",): answer(said + "\n"),
    }
    real = world_with(tmp_path, os.defpath)
    world = World(
        RecordedRunner(answers), real.transport, real.cache, real.clock, real.environ, real.reporter
    )
    with pytest.raises(BuildError) as caught:
        find_python(world, "3.13.5", error=BuildError, doing="compiling")
    assert f"/py is no plain release of CPython: {said}" in caught.value.details
