"""Resolving a base: verified Release files and package indexes, and the closure of what is wanted."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from okamochi.debian.apt_proxy import through_apt_proxy
from okamochi.debian.packages import PackageIndex, fetch_index
from okamochi.debian.release import Release, verified_release
from okamochi.debian.resolve import Universe, closure
from okamochi.debian.rules import rules_digest
from okamochi.debian.sources import APT_FOLDER, SECURITY, Mirrors, find_mirrors, snapshot_uri
from okamochi.errors import OkamochiError, RegistryError, TransientRegistryError
from okamochi.model.lock import LockedDeb
from okamochi.oci.platform import Platform
from okamochi.system.world import World

__all__ = ["BASE_PACKAGES", "ResolvedBase", "resolve_base"]

Item = TypeVar("Item")
Answer = TypeVar("Answer")
RELEASE_LIMIT_BYTES = 4_000_000

# What a Python web app gets besides Python itself.
# fmt: off
BASE_PACKAGES = (
    "base-files",       # os-release, licence texts
    "ca-certificates",  # TLS to the outside
    "libc-bin",         # the locale C.UTF-8
    "libc6",
    "libgcc-s1",        # wheels with C++ or Rust need these two, and do not carry them
    "libssl3t64",
    "libstdc++6",
    "media-types",      # /etc/mime.types: the types of static files
    "netbase",          # /etc/protocols and /etc/services: getservbyname()
    "tzdata",
    "zlib1g",
)
# fmt: on


@dataclass(frozen=True)
class ResolvedBase:
    """Packages sorted by name; `snapshot` is the newest Release's instant (RFC 3339 in UTC)."""

    debs: tuple[LockedDeb, ...]
    snapshot: str


@dataclass(frozen=True)
class Archive:
    """One verified suite and the mirror that had it."""

    archive: str
    base_uri: str
    release: Release


def utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def resolve_base(
    world: World,
    *,
    suite: str,
    platform: Platform,
    packages: tuple[str, ...] = (),
    python_package: str = "python3.13",
    apt_folder: Path = APT_FOLDER,
    keys: tuple[bytes, ...] = (),
    now: Callable[[], datetime.datetime] = utc_now,
) -> ResolvedBase:
    """The newest packages of suite, suite-updates and suite-security that make a base with this Python.

    RegistryError when no mirror has a verified Release; PlanError for packages that the suite has not."""
    world = through_apt_proxy(world, apt_folder)
    archives = find_archives(world, suite, find_mirrors(world.environ, apt_folder), keys, now())
    python = (f"{python_package}-minimal", f"lib{python_package}-stdlib") if python_package else ()
    wanted = tuple(sorted({*BASE_PACKAGES, *python, *packages}))
    memo_key = (
        f"{[(one.archive, one.release.digest) for one in archives]} {platform} {wanted} {rules_digest()}"
    )
    memo = world.cache.record("debian-closure", memo_key)
    if memo is not None:
        debs = msgspec.msgpack.decode(memo, type=tuple[LockedDeb, ...])
    else:
        indexes = in_threads(lambda one: index(world, one, platform), archives)
        universe = Universe(indexes, suite)
        debs = tuple(package.locked() for package in closure(universe, wanted))
        world.cache.put_record("debian-closure", memo_key, msgspec.msgpack.encode(debs))
    newest = max(one.release.date for one in archives)
    return ResolvedBase(debs, newest.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def index(world: World, one: Archive, platform: Platform) -> PackageIndex:
    return fetch_index(
        world.transport,
        world.cache,
        base_uri=one.base_uri,
        release=one.release,
        architecture=platform.debian_architecture,
        archive=one.archive,
    )


def find_archives(
    world: World, suite: str, mirrors: Mirrors, keys: tuple[bytes, ...], now: datetime.datetime
) -> tuple[Archive, ...]:
    """The suite and its updates from the main archive, and its security updates, each from the first mirror
    whose Release file verifies; a mirror that the user named must have it."""
    snapshot = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    wanted = [("debian", suite), ("debian", f"{suite}-updates")]
    if mirrors.security or not mirrors.named:
        wanted.append((SECURITY, f"{suite}-security"))

    def one(item: tuple[str, str]) -> Archive:
        archive, name = item
        bases = mirrors.of(archive)
        if not mirrors.named:
            bases += (snapshot_uri(archive, snapshot),)
        return first_verified(world, archive, name, bases, keys, now)

    return in_threads(one, wanted)


def in_threads(work: Callable[[Item], Answer], items: Sequence[Item]) -> tuple[Answer, ...]:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(items)) as pool:
        return tuple(pool.map(work, items))


def first_verified(
    world: World,
    archive: str,
    suite: str,
    bases: tuple[str, ...],
    keys: tuple[bytes, ...],
    now: datetime.datetime,
) -> Archive:
    failures: list[OkamochiError] = []
    for base in bases:
        url = f"{base}/dists/{suite}/InRelease"
        try:
            content = world.transport.get(url, limit_bytes=RELEASE_LIMIT_BYTES)
            return Archive(
                archive, base, verified_release(content, suite=suite, where=url, now=now, keys=keys)
            )
        except RegistryError as failure:
            failures.append(failure)
    if len(failures) == 1:
        raise failures[0]
    raise nowhere(suite, failures)


def nowhere(suite: str, failures: list[OkamochiError]) -> RegistryError:
    transient = any(isinstance(failure, TransientRegistryError) for failure in failures)
    kind = TransientRegistryError if transient else RegistryError
    return kind(
        f"no mirror has Debian's {suite}",
        where="OKAMOCHI_DEBIAN_MIRROR",
        hint="check the network and its proxy settings, or name a mirror: OKAMOCHI_DEBIAN_MIRROR=http://…/debian",
        details=tuple(f"{failure.where}: {failure.message}" for failure in failures),
    )
