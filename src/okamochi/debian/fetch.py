"""Packages into the cache, each verified by its digest: the mirrors in turn, then the snapshot archive."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from okamochi.debian.sources import Mirrors, snapshot_uri
from okamochi.errors import OkamochiError, RegistryError, TransientRegistryError
from okamochi.model.lock import LockedDeb
from okamochi.system.world import World

__all__ = ["THREADS", "fetch_deb", "require_cached"]

THREADS = 8


def require_cached(world: World, debs: Iterable[LockedDeb]) -> None:
    """Offline, says at once all that is missing."""
    if not world.offline:
        return
    missing = tuple(f"{deb.name} {deb.version}" for deb in debs if world.cache.blob(deb.sha256) is None)
    if missing:
        raise RegistryError(
            f"offline, and {len(missing)} Debian packages are not in the cache",
            hint="build once with network, or copy the cache folder from a machine that has built this",
            details=missing,
        )


def fetch_deb(world: World, deb: LockedDeb, mirrors: Mirrors, snapshot: str) -> Path:
    cached = world.cache.blob(deb.sha256)
    if cached is not None:
        return cached
    bases = mirrors.of(deb.archive)
    bases += (snapshot_uri(deb.archive, snapshot),) if snapshot else ()
    failures: list[OkamochiError] = []
    for base in bases:
        try:
            return download(world, deb, f"{base}/{deb.filename}")
        except RegistryError as failure:
            failures.append(failure)
    raise nowhere(deb, failures)


def download(world: World, deb: LockedDeb, url: str) -> Path:
    def write(stream: BinaryIO) -> None:
        world.transport.download(url, stream, size_bytes=deb.size_bytes)

    return world.cache.put_stream(write, sha256=deb.sha256)[2]


def nowhere(deb: LockedDeb, failures: Sequence[OkamochiError]) -> RegistryError:
    transient = any(isinstance(failure, TransientRegistryError) for failure in failures)
    kind = TransientRegistryError if transient else RegistryError
    return kind(
        f"the Debian package {deb.name} {deb.version} cannot be fetched",
        where=deb.filename,
        hint="check the network and its proxy settings, or name a mirror with OKAMOCHI_DEBIAN_MIRROR",
        details=tuple(f"{failure.where}: {failure.message}" for failure in failures),
    )
