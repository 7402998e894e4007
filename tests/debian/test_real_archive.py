"""Debian's own archive: the base that images get, started on this host through its own loader."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from okamochi.debian.archives import resolve_base
from okamochi.debian.tree import BaseTree, base_tree
from okamochi.model.development import TOOLS
from okamochi.model.suites import suite_named
from okamochi.oci.platform import LINUX_AMD64, LINUX_ARM64, Platform
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World

pytestmark = [pytest.mark.network, pytest.mark.slow]
HOST = Platform.of_machine(platform.machine())
EVERY_MODULE = """
import pathlib, sys, sysconfig
for path in sorted(pathlib.Path("{root}/usr/lib/python{version}/lib-dynload").glob("*.so")):
    __import__(path.name.partition(".")[0])
import asyncio, ctypes, dbm, hashlib, shelve, sqlite3, ssl, uuid, zoneinfo
sysconfig.get_config_vars()
if sys.version_info < (3, 13):
    import crypt
    assert crypt.crypt("a", "ab") == "abxxB7HlIeckU"
if sys.version_info < (3, 12):
    from distutils.util import strtobool
    assert strtobool("yes")
print("(%d.%d)" % sys.version_info[:2])
"""
PANGO = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-ipaexfont-gothic")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.real(os.environ, SilentReporter(), cache_root=tmp_path_factory.mktemp("cache"))


def tree(world: World, target: Platform, *packages: str) -> BaseTree:
    resolved = resolve_base(world, suite="trixie", platform=target, packages=packages)
    return base_tree(world, resolved.debs, target, snapshot=resolved.snapshot)


def matrix(suite: str) -> object:
    return pytest.param(suite, marks=pytest.mark.matrix)


@pytest.mark.parametrize("suite", ["bullseye", matrix("bookworm"), matrix("forky")])
def test_the_python_of_another_suite_starts_with_all_its_modules(world: World, suite: str) -> None:
    facts = suite_named(suite)
    resolved = resolve_base(world, suite=suite, platform=HOST)
    base = base_tree(world, resolved.debs, HOST, snapshot=resolved.snapshot)
    version = facts.python_version
    assert (base.python, base.glibc_version) == (f"usr/bin/python{version}", facts.glibc_version)
    programs = {one.path for one in base.entries if one.path.startswith(("usr/bin/", "usr/sbin/"))}
    assert programs == {"usr/bin/python3", f"usr/bin/python{version}", "usr/sbin/ldconfig"}
    links = [one.path for one in base.entries if one.target.startswith("..")]
    assert all((base.root / path).exists() for path in links)
    assert python(base, EVERY_MODULE.format(root=base.root, version=version)).endswith(f"({version})")


@pytest.mark.parametrize("suite", ["bullseye", "bookworm", matrix("forky")])
def test_the_programs_of_the_desk_are_there_in_every_suite(world: World, suite: str) -> None:
    resolved = resolve_base(world, suite=suite, platform=HOST, packages=TOOLS)
    base = base_tree(world, resolved.debs, HOST, snapshot=resolved.snapshot)
    names = ("bash", "sh", "touch", "ls", "git", "curl", "grep", "sed", "tar", "ps", "vim.tiny")
    assert [name for name in names if not (base.root / "usr/bin" / name).exists()] == []


def python(tree: BaseTree, code: str) -> str:
    """Runs code with the root's Python through the root's own loader: no root rights, no namespaces."""
    libraries = tree.root / "usr/lib" / HOST.multiarch
    loader, program = str(tree.root / HOST.loader), str(tree.root / tree.python)
    argv = [loader, "--library-path", str(libraries), program, "-c", code]
    environ = {"PYTHONHOME": str(tree.root / "usr"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(argv, env=environ, capture_output=True, text=True, check=True).stdout.strip()


def test_python_of_the_base_starts_with_all_its_modules(world: World) -> None:
    base = tree(world, HOST)
    modules = (
        "ssl, sqlite3, ctypes, lzma, bz2, zlib, zoneinfo, uuid, decimal, datetime, readline, hashlib, asyncio"
    )
    code = f"import sys, {modules}; print(sys.version_info[:2], decimal.Decimal('0.5'))"
    assert python(base, code) == "(3, 13) 0.5"
    assert base.glibc_version == "2.41"


def test_every_extension_module_finds_its_libraries(world: World) -> None:
    base = tree(world, HOST)
    folder = base.root / "usr/lib/python3.13/lib-dynload"
    code = (
        "import importlib.util, pathlib, sys\n"
        f"for path in sorted(pathlib.Path({str(folder)!r}).glob('*.so')):\n"
        "    __import__(path.name.partition('.')[0])\n"
        "print('ok')"
    )
    assert python(base, code) == "ok"


def test_the_base_is_small(world: World) -> None:
    base = tree(world, HOST)
    assert sum(entry.size_bytes for entry in base.entries) < 42_000_000
    names = {component.name for component in base.components}
    assert not names & {"dash", "bash", "perl-base", "coreutils", "dpkg", "apt", "openssl", "debconf"}
    programs = {one.path for one in base.entries if one.path.startswith(("usr/bin/", "usr/sbin/"))}
    assert programs == {"usr/bin/python3", "usr/bin/python3.13", "usr/sbin/ldconfig"}


def test_libraries_and_fonts_of_weasyprint_come_with_their_configuration(world: World) -> None:
    base = tree(world, HOST, *PANGO)
    found = {entry.path for entry in base.entries}
    assert "etc/fonts/conf.d/10-hinting-slight.conf" in found
    assert [path for path in found if path.endswith("/ipaexg.ttf")]
    assert (
        python(base, "import ctypes; print(ctypes.CDLL('libpangoft2-1.0.so.0').pango_version() > 15000)")
        == "True"
    )


@pytest.mark.skipif(shutil.which("ldconfig", path="/usr/sbin:/sbin") is None, reason="no ldconfig here")
def test_the_loader_cache_equals_that_of_ldconfig(world: World, tmp_path: Path) -> None:
    base = tree(world, LINUX_AMD64)
    copy = tmp_path / "root"
    shutil.copytree(base.root, copy, symlinks=True)
    (copy / "etc/ld.so.cache").unlink()
    subprocess.run(["/sbin/ldconfig", "-r", copy], check=True)

    def printed(root: Path) -> list[str]:
        argv = ["/sbin/ldconfig", "-p", "-C", str(root / "etc/ld.so.cache")]
        lines = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
        return [line for line in lines if " => " in line]

    assert printed(base.root) == printed(copy)


def test_the_other_platform_needs_no_emulation(world: World) -> None:
    base = tree(world, LINUX_ARM64)
    head = (base.root / base.python).read_bytes()[:20]
    assert head[:4] == b"\x7fELF" and head[18:20] == b"\xb7\x00"
    assert (base.root / LINUX_ARM64.loader).is_file()
