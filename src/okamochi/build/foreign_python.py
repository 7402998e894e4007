"""Who writes the bytecode when the image's own Python cannot run here: another machine's, or another system.

First choice: the same Debian packages for this machine's own platform, so the same Python to the patch, and
the same bytes. Where Debian's programs do not run at all: a CPython of this system, found or installed by uv.
"""

import datetime
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from okamochi.build.bytecode import Interpreter, image_interpreter, tag_of_python
from okamochi.errors import BuildError, RegistryError
from okamochi.model.lock import LockedDeb
from okamochi.oci.platform import Platform
from okamochi.system.world import World

if TYPE_CHECKING:
    from okamochi.debian.tree import BaseTree

__all__ = [
    "MAGIC_NUMBER",
    "at_instant",
    "image_magic",
    "native_interpreter",
    "python_package",
    "python_sources",
    "python_version",
    "suite_of",
    "uv_interpreter",
]

KIND = "native-base"
DEBS = tuple[LockedDeb, ...]
CODENAME = re.compile(r'^VERSION_CODENAME="?([a-z]+)"?$', re.MULTILINE)
# Lib/importlib/_bootstrap_external.py of CPython up to 3.13; later ones have it in C.
MAGIC_NUMBER = re.compile(r"^MAGIC_NUMBER = \((\d+)\)\.to_bytes", re.MULTILINE)
# A rebuild of the same source for one architecture (Debian policy, "binNMU").
REBUILD = re.compile(r"\+b\d+$")


def native_interpreter(
    world: World,
    target: "BaseTree",
    debs: Sequence[LockedDeb],
    native: Platform,
    *,
    snapshot: str,
    identity: str,
) -> Interpreter:
    """The Python of the same packages for the platform `native`, which must run here.

    RegistryError when they cannot be had: offline, or the archive no longer has that Python."""
    from okamochi.debian.tree import base_tree

    with world.reporter.step(f"Base: the same Python for {native}, which compiles"):
        found = native_debs(world, target, tuple(debs), native, snapshot)
        tree = base_tree(world, found, native, snapshot=snapshot)
    return image_interpreter(tree.root, tree.python, native, identity=identity)


def native_debs(world: World, target: "BaseTree", debs: DEBS, native: Platform, snapshot: str) -> DEBS:
    """Remembered as long as the cache has their tree: the archive moves on while the lock stays."""
    from okamochi.debian.rules import tree_key
    from okamochi.debian.tree import KIND as TREES

    key = f"{native} {python_sources(debs)}"
    record = world.cache.record(KIND, key)
    known = msgspec.msgpack.decode(record, type=DEBS) if record is not None else ()
    if known and world.cache.folder_if_made(TREES, tree_key(known, native)) is not None:
        return known
    found = next(matching(world, target, debs, native, snapshot), None)
    if found is None:
        raise RegistryError(
            f"the archive has no {python_package(debs)} {python_version(debs)} for {native} any more",
            where=str(native),
            hint="renew the lock with okamochi lock --upgrade",
        )
    world.cache.put_record(KIND, key, msgspec.msgpack.encode(found))
    return found


def matching(world: World, target: "BaseTree", debs: DEBS, native: Platform, snapshot: str) -> Iterator[DEBS]:
    """Bases with exactly the target's Python: the archive's now, then those of the lock's instant."""
    from okamochi.debian.archives import resolve_base

    suite, package = suite_of(target.root), python_package(debs)
    newest = resolve_base(world, suite=suite, platform=native, python_package=package).debs
    if python_sources(newest) == python_sources(debs):
        yield newest
    if not snapshot:
        return
    then = datetime.datetime.fromisoformat(snapshot)
    past = resolve_base(
        at_instant(world, snapshot), suite=suite, platform=native, python_package=package, now=lambda: then
    ).debs
    if python_sources(past) == python_sources(debs):
        yield past


def at_instant(world: World, snapshot: str) -> World:
    """The same world, whose mirror is the snapshot archive at that instant."""
    from okamochi.debian.sources import SECURITY, snapshot_uri

    named = {
        "OKAMOCHI_DEBIAN_MIRROR": snapshot_uri("debian", snapshot),
        "OKAMOCHI_DEBIAN_SECURITY_MIRROR": snapshot_uri(SECURITY, snapshot),
    }
    return replace(world, environ={**world.environ, **named})


def uv_interpreter(
    world: World, target: "BaseTree", debs: Sequence[LockedDeb], *, identity: str
) -> Interpreter:
    """A CPython of this system. BuildError when there is none of that minor version, or it writes bytecode of
    another magic number. Another patch release is told: of the standard library's 515 files, 3.13.0 compiles
    175 otherwise than 3.13.5."""
    from okamochi.pypi.uv_python import find_python

    wanted = python_version(debs)
    found = find_python(
        world, wanted, error=BuildError, doing="compiling, as the image's own Python cannot run here"
    )
    magic = image_magic(target.root, target.python)
    if magic not in (0, found.magic):
        raise BuildError(
            f"CPython {found.version} writes bytecode number {found.magic}, the image reads {magic}",
            where=str(found.program),
            hint=f"install CPython {wanted}: uv python install {wanted}",
        )
    if found.version != wanted:
        world.reporter.warn(
            f"compiling with CPython {found.version}, the image has {wanted}: it runs, but many files "
            f"and so digests differ from a build on Linux; uv python install {wanted} gives the same"
        )
    return Interpreter((str(found.program),), tag_of_python(target.python), identity)


def image_magic(root: Path, python: str) -> int:
    """What the image's bytecode begins with, as its own standard library says; 0 where it says nothing
    (3.14 and later), and then the minor version of a release decides (PEP 3147)."""
    source = root / "usr/lib" / PurePosixPath(python).name / "importlib/_bootstrap_external.py"
    try:
        found = MAGIC_NUMBER.search(source.read_text("utf-8"))
    except OSError:
        return 0
    return int(found[1]) if found is not None else 0


def suite_of(root: Path) -> str:
    """The codename in the base's os-release(5)."""
    found = CODENAME.search((root / "usr/lib/os-release").read_text("utf-8"))
    if found is None:
        raise BuildError(
            "the base does not say which suite of Debian it is",
            where=str(root / "usr/lib/os-release"),
            hint="remove okamochi.lock and build again",
        )
    return found[1]


def pythons(debs: Sequence[LockedDeb]) -> Iterator[LockedDeb]:
    return (deb for deb in sorted(debs) if deb.name.startswith(("python3.", "libpython3.")))


def python_sources(debs: Sequence[LockedDeb]) -> tuple[str, ...]:
    """The interpreter's packages without what only one architecture has."""
    return tuple(f"{deb.name}={REBUILD.sub('', deb.version)}" for deb in pythons(debs))


def python_package(debs: Sequence[LockedDeb]) -> str:
    """python3.13"""
    return next(pythons(debs)).name.removeprefix("lib").partition("-")[0]


def python_version(debs: Sequence[LockedDeb]) -> str:
    """3.13.5, of 3.13.5-2+deb13u5."""
    version = next(pythons(debs)).version
    return re.split(r"[-+~]", version.rpartition(":")[2])[0]
