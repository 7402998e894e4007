"""Resolving a base: verified Release files and package indexes, and the closure of what is wanted."""

import datetime
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from okamochi.debian.apt_proxy import through_apt_proxy
from okamochi.debian.control import Stanza
from okamochi.debian.installed import added_closure, closure, installed_packages
from okamochi.debian.packages import Package, PackageIndex, fetch_index
from okamochi.debian.release import RefusedRelease, Release, verified_release
from okamochi.debian.resolve import Universe
from okamochi.debian.rules import rules_digest
from okamochi.debian.sources import APT_FOLDER, SECURITY, Mirrors, find_mirrors, snapshot_uri
from okamochi.errors import OkamochiError, RegistryError, TransientRegistryError
from okamochi.model.lock import LockedDeb
from okamochi.model.suites import Suite, suite_named
from okamochi.oci.platform import Platform
from okamochi.system.clock import rfc3339, utc_now
from okamochi.system.world import World

__all__ = [
    "BASE_PACKAGES",
    "Archive",
    "ResolvedBase",
    "find_archives",
    "in_threads",
    "index",
    "nowhere",
    "resolve_added",
    "resolve_base",
]

Item = TypeVar("Item")
Answer = TypeVar("Answer")
RELEASE_LIMIT_BYTES = 4_000_000
RELEASES = "debian-release"

# What a Python web app gets besides Python itself.
# fmt: off
BASE_PACKAGES = (
    "base-files",       # os-release, licence texts
    "ca-certificates",  # TLS to the outside
    "libc-bin",         # the locale C.UTF-8
    "libc6",
    "libgcc-s1",        # wheels with C++ or Rust need these two, and do not carry them
    "libstdc++6",
    "media-types",      # /etc/mime.types: the types of static files
    "netbase",          # /etc/protocols and /etc/services: getservbyname()
    "tzdata",
    "zlib1g",
)
# fmt: on


class ResolvedBase(msgspec.Struct, frozen=True):
    """Packages sorted by name; `snapshot` is the newest Release's instant (RFC 3339 in UTC)."""

    debs: tuple[LockedDeb, ...]
    snapshot: str


class Archive(msgspec.Struct, frozen=True):
    """One verified suite and the mirror that had it; `stale` when it is past its Valid-Until. `content` is
    the Release file as it came."""

    archive: str
    base_uri: str
    release: Release
    stale: bool = False
    content: bytes = b""


def resolve_base(
    world: World,
    *,
    suite: str,
    platform: Platform,
    packages: tuple[str, ...] = (),
    python_package: str | None = None,
    apt_folder: Path = APT_FOLDER,
    keys: tuple[bytes, ...] = (),
    now: Callable[[], datetime.datetime] = utc_now,
) -> ResolvedBase:
    """The newest packages of suite, suite-updates and suite-security that make a base with this Python;
    None is the suite's own, "" none at all.

    Offline, they are those of the archive as it was when packages were last chosen.

    RegistryError when no mirror has a verified Release; PlanError for packages that the suite has not, and
    for a suite that okamochi does not know."""
    facts = suite_named(suite)
    world = through_apt_proxy(world, apt_folder)
    archives = find_archives(world, facts, find_mirrors(world.environ, apt_folder), keys, now())
    python = python_parts(facts, facts.python_package if python_package is None else python_package)
    wanted = tuple(sorted({*BASE_PACKAGES, *python, *packages}))
    return remembered(world, archives, platform, f"{wanted}", lambda universe: closure(universe, wanted))


def resolve_added(
    world: World,
    *,
    suite: str,
    platform: Platform,
    packages: tuple[str, ...],
    installed: Sequence[Stanza],
    apt_folder: Path = APT_FOLDER,
    keys: tuple[bytes, ...] = (),
    now: Callable[[], datetime.datetime] = utc_now,
) -> ResolvedBase:
    """What of the suite has to be laid upon a system that has the `installed` packages, for `packages` to be
    there. RegistryError and PlanError as `resolve_base`."""
    world = through_apt_proxy(world, apt_folder)
    archives = find_archives(world, suite_named(suite), find_mirrors(world.environ, apt_folder), keys, now())
    there = hashlib.sha256(msgspec.json.encode(list(installed))).hexdigest()
    wanted = tuple(sorted({*packages}))

    def choose(universe: Universe) -> tuple[Package, ...]:
        return added_closure(universe, installed_packages(installed), wanted)

    return remembered(world, archives, platform, f"upon {there} {wanted}", choose)


def remembered(
    world: World,
    archives: tuple[Archive, ...],
    platform: Platform,
    question: str,
    choose: Callable[[Universe], tuple[Package, ...]],
) -> ResolvedBase:
    """What was chosen for the same question of the same state of the archives; else chosen now. That state
    is kept for who asks offline."""
    memo_key = (
        f"{[(one.archive, one.release.digest) for one in archives]} {platform} {question} {rules_digest()}"
    )
    memo = world.cache.record("debian-closure", memo_key)
    if memo is not None:
        debs = msgspec.msgpack.decode(memo, type=tuple[LockedDeb, ...])
    else:
        indexes = in_threads(lambda one: index(world, one, platform), archives)
        universe = Universe(indexes, archives[0].release.suite)
        debs = tuple(package.locked() for package in choose(universe))
        world.cache.put_record("debian-closure", memo_key, msgspec.msgpack.encode(debs))
    for one in archives:
        keep_release(world, one)
    return ResolvedBase(debs, rfc3339(max(one.release.date for one in archives)))


def keep_release(world: World, one: Archive) -> None:
    key = release_key(one.base_uri, one.release.suite)
    if world.cache.record(RELEASES, key) != one.content:
        world.cache.put_record(RELEASES, key, one.content)


def release_key(base_uri: str, suite: str) -> str:
    return f"{base_uri} {suite}"


def python_parts(suite: Suite, package: str) -> tuple[str, ...]:
    """The packages that together are "python3.13", with the OpenSSL that its suite has."""
    if not package:
        return ()
    extras = suite.python_extras if package == suite.python_package else ()
    return (f"{package}-minimal", f"lib{package}-stdlib", suite.openssl_package, *extras)


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
    world: World, suite: Suite, mirrors: Mirrors, keys: tuple[bytes, ...], now: datetime.datetime
) -> tuple[Archive, ...]:
    """The suite and its updates from the main archive, and its security updates, each from the first mirror
    whose Release file verifies; a mirror that the user named must have it.

    A build asks several times, and must not see the archive move on meanwhile; a program that runs for long
    asks again after an hour."""
    question = ("debian archives", suite.name, mirrors, keys, f"{now:%Y-%m-%d %H}")
    return world.once.answer(question, lambda: asked_archives(world, suite, mirrors, keys, now))


def asked_archives(
    world: World, suite: Suite, mirrors: Mirrors, keys: tuple[bytes, ...], now: datetime.datetime
) -> tuple[Archive, ...]:
    snapshot = rfc3339(now)
    wanted = [("debian", suite.name), ("debian", suite.updates)]
    if mirrors.security or not mirrors.named:
        wanted.append((SECURITY, suite.security))

    def one(item: tuple[str, str]) -> Archive:
        archive, name = item
        bases = mirrors.of(archive)
        if not mirrors.named:
            bases += (snapshot_uri(archive, snapshot),)
        seek = Search(world, archive, name, keys, now)
        return seek.first(bases, stale_too=suite.may_be_stale or world.offline)

    found = in_threads(one, wanted)
    tell_stale(world, suite, found)
    return found


def tell_stale(world: World, suite: Suite, archives: Sequence[Archive]) -> None:
    dates = [one.release.date for one in archives if one.stale]
    if not dates:
        return
    why = "nobody signs newer packages, or the mirror does not have them"
    if world.offline:
        why = "that is the newest that was seen before --offline"
    world.reporter.warn(
        f"Debian's {suite.name} is taken as of {max(dates):%Y-%m-%d}, past its validity: {why}"
    )


def in_threads(work: Callable[[Item], Answer], items: Sequence[Item]) -> tuple[Answer, ...]:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(items)) as pool:
        return tuple(pool.map(work, items))


class Search(msgspec.Struct, frozen=True):
    """For one suite's Release file, among mirrors."""

    world: World
    archive: str
    suite: str
    keys: tuple[bytes, ...]
    now: datetime.datetime

    def first(self, bases: tuple[str, ...], *, stale_too: bool) -> Archive:
        """The first mirror's that is valid; `stale_too`: else the newest of those that were valid once."""
        failures: list[OkamochiError] = []
        contents: list[tuple[str, bytes]] = []
        for base in bases:
            try:
                content = self.content_of(base)
                contents.append((base, content))
                return self.archive_of(base, content)
            except RegistryError as failure:
                failures.append(failure)
        if stale_too and (old := tuple(self.once_valid(contents))):
            return max(old, key=lambda one: one.release.date)
        if len(failures) == 1:
            raise failures[0]
        raise nowhere(self.suite, failures, offline=self.world.offline)

    def content_of(self, base: str) -> bytes:
        """What the mirror has; offline, what it had when packages were last chosen from it. A mirror that is
        a folder is there in any case."""
        url = f"{base}/dists/{self.suite}/InRelease"
        try:
            return self.world.transport.get(url, limit_bytes=RELEASE_LIMIT_BYTES)
        except RegistryError:
            kept = self.world.cache.record(RELEASES, release_key(base, self.suite))
            if not self.world.offline or kept is None:
                raise
            return kept

    def archive_of(self, base: str, content: bytes, *, stale: bool = False) -> Archive:
        where = f"{base}/dists/{self.suite}/InRelease"
        release = verified_release(
            content, suite=self.suite, where=where, now=self.now, keys=self.keys, stale=stale
        )
        return Archive(self.archive, base, release, stale, content)

    def once_valid(self, contents: Sequence[tuple[str, bytes]]) -> Iterator[Archive]:
        for base, content in contents:
            with suppress(RegistryError):
                yield self.archive_of(base, content, stale=True)


def nowhere(suite: str, failures: list[OkamochiError], *, offline: bool) -> RegistryError:
    transient = any(isinstance(failure, TransientRegistryError) for failure in failures)
    kind = TransientRegistryError if transient else RegistryError
    refused = (failure.hint for failure in failures if isinstance(failure, RefusedRelease) or offline)
    network = (
        "check the network and its proxy settings, or name a mirror: OKAMOCHI_DEBIAN_MIRROR=http://…/debian"
    )
    return kind(
        f"no mirror has Debian's {suite}",
        where="OKAMOCHI_DEBIAN_MIRROR",
        hint=next(refused, network),
        details=tuple(f"{failure.where}: {failure.message}" for failure in failures),
    )
