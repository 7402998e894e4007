"""Of a package that uv resolved, the wheel that fits the image best and whose digest is allowed."""

import posixpath
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from okamochi.errors import OkamochiError, RegistryError, UnfitPythonError
from okamochi.model.lock import LockedWheel
from okamochi.pypi.built_wheel import Built
from okamochi.pypi.compilation import Lines
from okamochi.pypi.direct_urls import address_for_lock
from okamochi.pypi.target import Target

__all__ = ["chosen_wheel"]


def chosen_wheel(
    package: Mapping[str, Any],
    lines: Lines,
    target: Target,
    built: tuple[Built, ...],
    has_admitted_source: Callable[[str], bool],
) -> LockedWheel:
    name, version = canonicalize_name(str(package["name"])), str(package.get("version", ""))
    asked = [line for line in lines if line.name == name]
    allowed = {digest for line in asked for digest in line.hashes}
    candidates = [
        (place, filename, digests, url)
        for filename, digests, url in _files(package)
        if (place := target.rank(filename)) is not None
    ]
    if not candidates:
        unfit = UnfitPythonError(
            f"{name} {version} has no wheel for this image ({target.title})",
            where=asked[0].where if asked else "",
            hint="ask for a version that ships one",
        )
        unfit.packages = (f"{name}=={version}",)
        raise unfit
    made = {one.wheel.sha256: one.wheel for one in built}
    admitted = [found for found in candidates if not allowed or _admitted(found[2], allowed, made)]
    if not admitted:
        files = [(found[1], found[2].get("sha256", "?")) for found in candidates]
        raise _unadmitted(f"{name}=={version}", files, asked[0].where, target, has_admitted_source)
    _, filename, digests, url = min(admitted, key=lambda found: (found[0], found[1]))
    if "sha256" not in digests:
        raise RegistryError(
            f"the index tells no sha256 of {filename}",
            where=asked[0].where if asked else name,
            hint="okamochi locks wheels by sha256: use an index that gives it, or a --find-links folder",
        )
    if digests["sha256"] in made:
        return made[digests["sha256"]]
    direct = "archive" in package
    return LockedWheel(
        name=name,
        version=version or filename.split("-")[1],
        filename=filename,
        sha256=digests["sha256"],
        url=address_for_lock(url, filename, asked) if direct else "",
    )


def _unadmitted(
    specifier: str,
    files: list[tuple[str, str]],
    where: str,
    target: Target,
    has_admitted_source: Callable[[str], bool],
) -> OkamochiError:
    """Wheels are published later than a version, and after a lock was written. What the lock does admit is
    looked for: the wheel of another Python, or the source, to be built."""
    title = specifier.replace("==", " ")
    details = tuple(f"{filename}: sha256:{digest}" for filename, digest in files)
    if has_admitted_source(specifier):
        unfit = UnfitPythonError(
            f"no digest of a wheel of {title} for this image ({target.title}) is listed",
            where=where,
            hint="write the digest of the wheel, too (lock again), or ask for a newer version",
            details=details,
        )
        unfit.packages = (specifier,)
        return unfit
    return RegistryError(
        f"the index has {title} with another digest than the requirement file allows",
        where=where,
        hint="if the file is meant to change, write its new --hash; otherwise find out who replaced it",
        details=details,
    )


def _files(package: Mapping[str, Any]) -> list[tuple[str, Mapping[str, str], str]]:
    """(file name, digests by algorithm, address) of each wheel that uv names for a package."""
    listed = [*package.get("wheels", ()), *([package["archive"]] if "archive" in package else [])]
    result: list[tuple[str, Mapping[str, str], str]] = []
    for entry in listed:
        address = str(entry.get("url") or entry.get("path") or "")
        filename = str(entry.get("name") or posixpath.basename(unquote(urlsplit(address).path)))
        result.append((filename, entry.get("hashes", {}), address))
    return result


def _admitted(digests: Mapping[str, str], allowed: set[str], made: Mapping[str, LockedWheel]) -> bool:
    """A wheel that was built is admitted by the digest of its source."""
    own = made.get(digests.get("sha256", ""))
    if own is not None and own.built_from is not None:
        return f"sha256:{own.built_from.sha256}" in allowed
    return any(f"{algorithm}:{digest}" in allowed for algorithm, digest in digests.items())
