"""`okamochi doctor`: looks at the machine; changes nothing."""

import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from okamochi.debian.archives import find_archives
from okamochi.debian.sources import find_mirrors
from okamochi.errors import OkamochiError
from okamochi.model.suites import DEFAULT_SUITE, suite_named
from okamochi.pypi.uv_program import uv_version
from okamochi.run.compose import compose_version
from okamochi.run.engines import CONTAINER_ENGINES, engine_named
from okamochi.system.clock import utc_now
from okamochi.system.environ import state_dir
from okamochi.system.file_systems import forbids_programs
from okamochi.system.world import World

__all__ = ["Check", "examine", "state_folder", "storage"]

ENOUGH_BYTES = 2 * 10**9
NO_PROGRAMS = "no program may be started from this file system (it is mounted noexec)"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the report; `needed` when nothing works without it."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    needed: bool = False


def examine(world: World) -> tuple[Check, ...]:
    """In the order in which a build and a start need it."""
    return (
        machine(),
        attempt("uv", lambda: uv_version(world), needed=True),
        storage(world),
        attempt("Debian archive", lambda: verified_archive(world), needed=False),
        *(check for name in CONTAINER_ENGINES for check in container_engine(name, world)),
        engine("host", world, needed=True),
        state_folder(world),
    )


def verified_archive(world: World) -> str:
    """The mirror whose Release file carries a signature by a bundled key."""
    suite = suite_named(DEFAULT_SUITE)
    found = find_archives(world, suite, find_mirrors(world.environ), (), utc_now())[0]
    return f"{suite.name} of {found.release.date:%Y-%m-%d}, signature verified, from {found.base_uri}"


def machine() -> Check:
    return Check(
        name="machine",
        ok=platform.system() in ("Linux", "Darwin"),
        found=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"{os.cpu_count()} processors",
        remedy="" if platform.system() in ("Linux", "Darwin") else "use WSL on Windows",
        needed=True,
    )


def storage(world: World) -> Check:
    place = nearest(world.cache.root)
    free = shutil.disk_usage(place).free
    writable = takes_files(place)
    enough = free >= ENOUGH_BYTES
    remedy = "" if writable else "set OKAMOCHI_CACHE_DIR to a folder that you may write"
    startable = not forbids_programs(place)
    remedy = remedy or ("" if startable else f"{NO_PROGRAMS}: set OKAMOCHI_CACHE_DIR to a folder on another")
    return Check(
        name="cache",
        ok=writable and startable and enough,
        found=f"{world.cache.root}, {free / 1e9:.1f} GB free",
        remedy=remedy or ("" if enough else "free some space: builds need about 2 GB"),
        needed=True,
    )


def state_folder(world: World) -> Check:
    """Where the secrets of what runs are kept: `up` makes the folder, or a folder in it."""
    try:
        wanted = state_dir(world.environ)
    except OkamochiError as error:
        return Check(name="state folder", ok=False, found=error.message, remedy=error.hint, needed=True)
    place = nearest(wanted)
    usable = takes_files(place)
    if usable and forbids_programs(place):
        remedy = f"{NO_PROGRAMS}: set OKAMOCHI_STATE_DIR to a folder on another"
        return Check(name="state folder", ok=False, found=str(wanted), remedy=remedy, needed=True)
    return Check(
        name="state folder",
        ok=usable,
        found=str(wanted)
        if usable
        else f"{wanted}: {place} {'cannot be written' if place.is_dir() else 'is no folder'}",
        remedy="" if usable else "set OKAMOCHI_STATE_DIR to a folder that you may write",
        needed=True,
    )


def takes_files(place: Path) -> bool:
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)


def nearest(place: Path) -> Path:
    """The place, or the nearest above it that is there."""
    while not place.exists() and place != place.parent:
        place = place.parent
    return place


def engine(name: str, world: World, *, needed: bool = False) -> Check:
    def ask() -> str:
        facts = engine_named(name, world).facts()
        return "; ".join((facts.detail or "answers", *facts.missing))

    return attempt(name, ask, needed=needed)


def container_engine(name: str, world: World) -> tuple[Check, ...]:
    """With what starts databases on it, where it answers."""
    found = engine(name, world)
    if not found.ok:
        return (found,)

    def ask() -> str:
        program = engine_named(name, world).compose()
        return f"{compose_version(world.runner, program)} ({' '.join(program.argv)})"

    return found, attempt(f"Compose on {name}", ask, needed=False)


def attempt(name: str, ask: Callable[[], str], *, needed: bool) -> Check:
    try:
        return Check(name=name, ok=True, found=ask(), needed=needed)
    except OkamochiError as error:
        return Check(name=name, ok=False, found=error.message, remedy=error.hint, needed=needed)
