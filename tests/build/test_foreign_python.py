"""Bytecode where the image's own Python cannot run: which other Python is taken."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from okamochi.build.bytecode import compile_sources
from okamochi.build.foreign_python import (
    at_instant,
    image_magic,
    python_package,
    python_sources,
    python_version,
    suite_of,
    uv_interpreter,
)
from okamochi.build.toolchain import Toolchain
from okamochi.debian.sources import find_mirrors
from okamochi.debian.tree import BaseTree
from okamochi.errors import BuildError, TransientRegistryError
from okamochi.model.lock import LockedDeb
from okamochi.oci.platform import LINUX_AMD64, Platform
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World

MINOR = "{}.{}".format(*sys.version_info[:2])
MAGIC = int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little")


def deb(name: str, version: str) -> LockedDeb:
    return LockedDeb(
        name=name,
        version=version,
        architecture="arm64",
        archive="debian",
        filename=f"pool/{name}.deb",
        size_bytes=1,
        sha256="0" * 64,
    )


def debs(version: str) -> tuple[LockedDeb, ...]:
    names = (f"python{MINOR}-minimal", f"libpython{MINOR}-minimal", f"libpython{MINOR}-stdlib")
    return (deb("libc6", "2.41-12"), *(deb(name, version) for name in names), deb("python3-pil", "11"))


def base(root: Path, *, magic: int) -> BaseTree:
    """What is asked of an unpacked base: its os-release, and the standard library's own magic number."""
    source = root / f"usr/lib/python{MINOR}/importlib/_bootstrap_external.py"
    source.parent.mkdir(parents=True)
    source.write_text(f"# comment\nMAGIC_NUMBER = ({magic}).to_bytes(2, 'little') + b'\\r\\n'\n")
    (root / "usr/lib/os-release").write_text('NAME="Debian GNU/Linux"\nVERSION_CODENAME=trixie\nID=debian\n')
    return BaseTree(root, (), "key", f"usr/bin/python{MINOR}", "2.41", ())


@pytest.fixture
def world(tmp_path: Path) -> World:
    environ = {"PATH": str(Path(sys.executable).resolve().parent), "UV_PYTHON_DOWNLOADS": "never"}
    environ |= {"HOME": str(tmp_path), "UV_PYTHON_INSTALL_DIR": str(tmp_path / "pythons")}
    return World.real(environ, SilentReporter(), cache_root=tmp_path / "cache")


def notes(world: World) -> list[str]:
    assert isinstance(world.reporter, SilentReporter)
    return world.reporter.notes


def test_a_python_of_this_machine_compiles_for_the_image(world: World, tmp_path: Path) -> None:
    version = "{}.{}.{}".format(*sys.version_info[:3])
    target = base(tmp_path / "root", magic=MAGIC)
    interpreter = uv_interpreter(world, target, debs(f"{version}-2+deb13u5"), identity="the image's")
    assert (interpreter.tag, interpreter.identity) == (sys.implementation.cache_tag, "the image's")
    assert notes(world) == []
    (tmp_path / "a.py").write_text("x = 1\n")
    (answer,) = compile_sources(world.runner, interpreter, [(tmp_path / "a.py", "/app/a.py")])
    assert answer.bytecode[:4] == importlib.util.MAGIC_NUMBER


def test_another_patch_release_is_told(world: World, tmp_path: Path) -> None:
    uv_interpreter(world, base(tmp_path / "root", magic=MAGIC), debs(f"{MINOR}.999-1"), identity="i")
    (told,) = notes(world)
    assert f"the image has {MINOR}.999" in told
    assert f"uv python install {MINOR}.999" in told


def test_bytecode_that_the_image_cannot_read_is_refused(world: World, tmp_path: Path) -> None:
    target = base(tmp_path / "root", magic=MAGIC + 1)
    with pytest.raises(BuildError) as caught:
        uv_interpreter(world, target, debs(f"{MINOR}.2-1"), identity="i")
    assert f"the image reads {MAGIC + 1}" in caught.value.message


def test_where_the_standard_library_does_not_tell_its_magic_number_nothing_is_compared(
    world: World, tmp_path: Path
) -> None:
    assert image_magic(tmp_path, f"usr/bin/python{MINOR}") == 0
    target = base(tmp_path / "root", magic=0)
    assert (
        uv_interpreter(world, target, debs(f"{MINOR}.2-1"), identity="i").tag == sys.implementation.cache_tag
    )


def test_what_debian_calls_a_python_is_understood(tmp_path: Path) -> None:
    packages = debs(f"{MINOR}.5-2+deb13u5")
    assert python_package(packages) == f"python{MINOR}"
    assert python_version(packages) == f"{MINOR}.5"
    assert python_sources(packages) == python_sources(debs(f"{MINOR}.5-2+deb13u5+b1"))
    assert python_sources(packages) != python_sources(debs(f"{MINOR}.5-2+deb13u6"))
    assert suite_of(base(tmp_path, magic=1).root) == "trixie"


def test_an_older_state_of_the_archive_is_asked_of_the_snapshot_archive(world: World) -> None:
    past = find_mirrors(at_instant(world, "2026-11-21T02:10:46Z").environ)
    assert past.main == ("https://snapshot.debian.org/archive/debian/20261121T021046Z",)
    assert past.security == ("https://snapshot.debian.org/archive/debian-security/20261121T021046Z",)


def arm64_base(root: Path) -> Callable[[Toolchain], BaseTree]:
    target = base(root, magic=MAGIC)
    return lambda _: target


@pytest.mark.parametrize(("offline", "chosen"), [(True, "uv's"), (False, "none")])
def test_uv_serves_when_debians_python_cannot_be_had_but_not_when_it_could_be_later(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: bool, chosen: str
) -> None:
    nowhere = {**world.environ, "OKAMOCHI_DEBIAN_MIRROR": "http://127.0.0.1:9/debian"}
    apart = World.real(nowhere, world.reporter, offline=offline, cache_root=tmp_path / "cache")
    monkeypatch.setattr(Toolchain, "tree", arm64_base(tmp_path / "root"))
    toolchain = Toolchain(apart, debs(f"{MINOR}.2-1"), Platform.parse("linux/arm64"), native=(LINUX_AMD64,))
    if chosen == "none":
        with pytest.raises(TransientRegistryError):
            toolchain.interpreter()
        return
    assert Path(toolchain.interpreter().argv[0]).is_relative_to(Path(sys.executable).resolve().parent)
    assert notes(world)[0].startswith("no Python of Debian for linux/amd64: ")
