"""The Python of a base image that a project chose: nothing of it runs on this machine but kept in."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from okamochi.build.bytecode import Interpreter, compile_sources
from okamochi.errors import BuildError
from okamochi.model.lock import LockedImage
from okamochi.oci.native import native_platforms
from okamochi.oci.platform import LINUX_AMD64, LINUX_ARM64, Platform
from okamochi.run.engine import NotIsolated
from okamochi.run.host.unpack import within
from okamochi.system.process import Completed
from okamochi.system.subprocess_runner import SubprocessRunner
from okamochi.workflows.layers import kept_in
from okamochi.workflows.layers.image_toolchain import ImageToolchain, interpreter_of, is_official
from okamochi.workflows.layers.kept_in import KeptIn
from tests.lacks import require_namespaces

RUNNER = SubprocessRunner()
TAG = f"cpython-3{sys.version_info[1]}"
GENUINE, OTHER = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


def base_in(root: Path, name: str) -> Any:
    """Its loader and its Python tell where they run."""
    told = f"#!/bin/sh\nid >{root.parent}/ran-here\n"
    for place in (LINUX_AMD64.loader, LINUX_ARM64.loader, "usr/local/bin/python3.12"):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(told)
        (root / place).chmod(0o755)
    for folder in ("proc", "dev", "tmp"):
        (root / folder).mkdir()
    locked = LockedImage(name=name, digest=GENUINE, manifest=OTHER)
    python = "usr/local/bin/python3.12"
    return SimpleNamespace(
        root=root, locked=locked, place=lambda path: within(root, path), python=lambda _: python
    )


def interpreter(tmp_path: Path, name: str) -> Interpreter:
    return interpreter_of(base_in(tmp_path / "root", name), native_platforms()[0], "3.12", "python3.12-x")


@pytest.mark.parametrize("name", ["layout:./base", "evil.example/library/python:3.12", "python:3.12-slim"])
def test_nothing_of_a_base_image_runs_on_this_machine(tmp_path: Path, name: str) -> None:
    require_namespaces()
    with pytest.raises(BuildError, match="could not compile"):
        interpreter(tmp_path, name).run(RUNNER, "pass", b"")
    assert not (tmp_path / "ran-here").exists()


def test_where_nothing_can_be_kept_in_only_an_official_image_compiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> Completed:
        raise NotIsolated("no namespaces", where="host", hint="allow user namespaces")

    monkeypatch.setattr(kept_in, "isolated", refused)
    with pytest.raises(BuildError, match="cannot keep it in") as caught:
        interpreter(tmp_path, "layout:./base").run(RUNNER, "pass", b"")
    assert caught.value.hint.startswith("allow user namespaces")
    assert not (tmp_path / "ran-here").exists()
    official = KeptIn((sys.executable,), TAG, "x", root=str(tmp_path), python="python", official=True)
    assert official.run(RUNNER, "print('compiled')", b"") == b"compiled\n"


@pytest.mark.parametrize(
    ("name", "official"),
    [
        ("python:3.12-slim", True),
        ("docker.io/library/python:3.12", True),
        ("evil.example/library/python:3.12", False),
        ("someone/python:3.12", False),
        ("docker:python:3.12", False),
        ("layout:python", False),
    ],
)
def test_official_is_what_okamochi_itself_would_take(name: str, official: bool) -> None:
    assert is_official(name) is official


def test_what_is_kept_in_gets_the_sources_and_answers_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beside(
        runner: SubprocessRunner, _: Path, argv: tuple[str, ...], *, binds: Any, stdin: bytes, **__: object
    ) -> Completed:
        ((folder, inside, writable),) = binds
        assert not writable and argv[0] == "/python"
        assert all(path.stat().st_mode & 0o004 for path in folder.iterdir())
        here = stdin.replace(inside.encode(), os.fsencode(folder))
        return runner.run((sys.executable, *argv[1:]), stdin=here, env={"PYTHONHASHSEED": "0"})

    monkeypatch.setattr(kept_in, "isolated", beside)
    sources = [(tmp_path / "good.py", "/app/good.py"), (tmp_path / "bad.py", "/app/bad.py")]
    sources[0][0].write_text("import os\nwords = {'a', 'b'}\n")
    sources[1][0].write_text("def (:\n")
    sources[1][0].chmod(0o600)
    plain = Interpreter((sys.executable,), TAG, "x")
    inside = KeptIn((), TAG, "x", root=str(tmp_path), python="python")
    found = compile_sources(RUNNER, inside, sources)
    assert found == compile_sources(RUNNER, plain, sources)
    assert found[0].bytecode and found[1].failure.startswith("/app/bad.py")


def test_no_lock_makes_bytecode_that_counts_as_another_images() -> None:
    """What a lock claims of the name is not what compiles."""

    def identity(manifest: str, platform: Platform, name: str = "python:3.12", project: str = "/a") -> str:
        locked = LockedImage(name=name, digest=GENUINE, manifest=manifest)
        return ImageToolchain(cast(Any, None), locked, platform, "3.12", Path(project)).identity

    here = native_platforms()[0]
    other = LINUX_ARM64 if here == LINUX_AMD64 else LINUX_AMD64
    assert identity(GENUINE, here) != identity(OTHER, here)
    assert identity(GENUINE, here) == identity(GENUINE, here, "layout:base", "/b")
    assert identity(GENUINE, other) != identity(OTHER, other)
    assert identity(GENUINE, other) != identity(GENUINE, other, "layout:base")
    assert identity(GENUINE, other, "layout:base", "/b") != identity(GENUINE, other, "layout:base")
    assert identity(GENUINE, here).startswith("python3.12-")
