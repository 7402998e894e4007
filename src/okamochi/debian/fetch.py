"""Packages into the cache, each verified by its digest: the mirrors in turn, then the snapshot archive.

A digest alone says nothing of where a file comes from, since a lock may name any, and the cache holds files
of projects as well: what counts as a package was given by a mirror, to this cache.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from okamochi.debian.release import MIRROR_HINT
from okamochi.debian.sources import Mirrors, snapshot_uri
from okamochi.errors import AlteredError, OkamochiError, RegistryError, TransientRegistryError
from okamochi.model.lock import LockedDeb
from okamochi.system.http_exchange import shown
from okamochi.system.world import World

__all__ = ["THREADS", "fetch_deb", "require_cached"]

THREADS = 8
KIND = "debs"


def require_cached(world: World, debs: Iterable[LockedDeb]) -> None:
    """Offline, says at once all that is missing."""
    if not world.offline:
        return
    missing = tuple(f"{deb.name} {deb.version}" for deb in debs if given_before(world, deb) is None)
    if missing:
        raise RegistryError(
            f"offline, and {len(missing)} Debian packages are not in the cache",
            hint="build once with network, or copy the cache folder from a machine that has built this",
            details=missing,
        )


def given_before(world: World, deb: LockedDeb) -> Path | None:
    """The package in the cache, if a mirror has given it."""
    return world.cache.blob(deb.sha256) if world.cache.record(KIND, deb.sha256) is not None else None


def fetch_deb(world: World, deb: LockedDeb, mirrors: Mirrors, snapshot: str) -> Path:
    cached = given_before(world, deb)
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

    try:
        if world.cache.blob(deb.sha256) is not None:
            require_given(world, deb, url)
        path = world.cache.put_stream(write, sha256=deb.sha256)[2]
        world.cache.put_record(KIND, deb.sha256, b"")
        return path
    except AlteredError as failure:
        place = failure.where if url in failure.where else f"{shown(url)}: {failure.where}"
        raise AlteredError(failure.message, where=place, hint=MIRROR_HINT) from failure


def require_given(world: World, deb: LockedDeb, url: str) -> None:
    """AlteredError unless the mirror has what somebody else has put into the cache."""
    with world.cache.temporary() as folder, (folder / "given").open("w+b") as stream:
        found = world.transport.download(url, stream, size_bytes=deb.size_bytes)
    if found != deb.sha256:
        raise AlteredError(
            "what was downloaded is not what the lock names: its digest differs",
            where=shown(url),
            hint=MIRROR_HINT,
        )


def nowhere(deb: LockedDeb, failures: Sequence[OkamochiError]) -> RegistryError:
    """A mirror that has another file under that name is the cause, whatever became of the others."""
    altered = next((failure for failure in failures if isinstance(failure, AlteredError)), None)
    if altered is not None:
        return AlteredError(
            f"the Debian package {deb.name} {deb.version} comes with other content than was signed",
            where=deb.filename,
            hint=altered.hint,
            details=told(failures),
        )
    transient = any(isinstance(failure, TransientRegistryError) for failure in failures)
    kind = TransientRegistryError if transient else RegistryError
    return kind(
        f"the Debian package {deb.name} {deb.version} cannot be fetched",
        where=deb.filename,
        hint="check the network and its proxy settings, or name a mirror with OKAMOCHI_DEBIAN_MIRROR",
        details=told(failures),
    )


def told(failures: Sequence[OkamochiError]) -> tuple[str, ...]:
    return tuple(f"{failure.where}: {failure.message}" for failure in failures)
