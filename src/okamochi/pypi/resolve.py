"""From what a project asks for to exactly the wheels that its image will hold."""

import posixpath
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from okamochi.errors import OkamochiError, PlanError, RegistryError, TransientRegistryError, UnfitPythonError
from okamochi.model.lock import LockedWheel
from okamochi.model.plan import Dependencies
from okamochi.oci.platform import Platform
from okamochi.pypi.built_wheel import Built
from okamochi.pypi.compilation import NOTHING, Compilation, Lines, compilation
from okamochi.pypi.direct_urls import address_for_lock
from okamochi.pypi.missing_wheels import missing_wheels
from okamochi.pypi.requirement_line import ADDED, requirement_of
from okamochi.pypi.requirements import Requirements
from okamochi.pypi.target import Target
from okamochi.pypi.uv_errors import Explained, no_wheel_for, uv_failure
from okamochi.system.process import Completed
from okamochi.system.world import World

__all__ = ["resolve_wheels"]

WITH_PKG_RESOURCES = "setuptools<81"


def resolve_wheels(
    world: World,
    *,
    project_root: Path,
    dependencies: Dependencies,
    python_version: str,
    platform: Platform,
    glibc_version: str,
    preferred: tuple[LockedWheel, ...] = (),
    briefly: bool = False,
    built: tuple[Built, ...] = (),
    direct: Mapping[str, Built] = NOTHING,
) -> tuple[LockedWheel, ...]:
    """The wheels for the image's platform and Python ("3.13"), sorted by name; each with its digest.

    Versions in `preferred` (an older lock's) are kept where the requirements still allow them; without it,
    indexes are asked anew and the newest versions win. Markers are evaluated for the image, never for the
    host. Wheels `built` from source count as if an index had them; `direct` are those that take the place of
    a line, by its specifier.
    PlanError when nothing satisfies the requirements, UnfitPythonError when that is due to the Python, as for
    a package that has no wheel for it (`briefly`: the error is quick, and names one package), RegistryError
    when an index refuses or lies, TransientRegistryError when none can be reached.
    """
    target = Target(python_version, platform, glibc_version)
    with compilation(
        world, project_root=project_root, dependencies=dependencies, target=target, built=built, direct=direct
    ) as asked:
        if not asked.lines:
            return ()
        text = _compiled(asked, preferred, briefly)

    def has_admitted_source(specifier: str) -> bool:
        from okamochi.pypi.sdists import find_sdist

        try:
            find_sdist(world, specifier, project_root=project_root, dependencies=dependencies, target=target)
        except (PlanError, RegistryError):
            return False
        return True

    wheels = tuple(
        _locked(package, asked.lines, target, asked.own, has_admitted_source)
        for package in text.get("packages", ())
    )
    return tuple(sorted(wheels))


def _compiled(asked: Compilation, preferred: tuple[LockedWheel, ...], briefly: bool) -> Mapping[str, Any]:
    completed = asked.run(preferred=preferred)
    while completed.returncode != 0 and (fewer := _without_blamed(completed, preferred)) != preferred:
        preferred = fewer
        completed = asked.run(preferred=preferred)
    if completed.returncode != 0:
        raise _failure(asked, completed, briefly)
    found = asked.result()
    if not _brings_late_setuptools(found, asked.lines):
        return found
    bound = requirement_of(WITH_PKG_RESOURCES, path=ADDED)
    if asked.run(preferred=preferred, bounds=(bound,)).returncode != 0:
        return found
    asked.uv.world.reporter.note(
        f"{WITH_PKG_RESOURCES}: a package asks for setuptools, which has no pkg_resources later"
    )
    return asked.result()


def _without_blamed(completed: Completed, preferred: tuple[LockedWheel, ...]) -> tuple[LockedWheel, ...]:
    """Without what uv finds no wheel for. Where several indexes have a version, it takes the one that it is
    told to prefer from the first of them, and looks for the wheel in no other, or for the day on which it
    was published; as no time is told of any there, it is told to prefer none then."""
    explained = Explained(completed)
    if "has no publish time" in explained.text.replace("\n", " "):
        return ()
    blamed = canonicalize_name(no_wheel_for(explained)[0])
    return tuple(one for one in preferred if one.name != blamed)


def _brings_late_setuptools(found: Mapping[str, Any], lines: Lines) -> bool:
    """A package that needs setuptools while it runs needs pkg_resources or distutils; the project may still
    ask for any version itself."""
    if any(line.name == "setuptools" for line in lines):
        return False
    versions = (
        str(one.get("version", "")) for one in found.get("packages", ()) if one["name"] == "setuptools"
    )
    return any(version and Version(version) in SpecifierSet(">=81") for version in versions)


def _failure(asked: Compilation, completed: Completed, briefly: bool) -> OkamochiError:
    def again(fewer: Lines) -> Explained | None:
        if asked.indexes.sources.sources:  # what stands in pyproject.toml cannot be left out
            return None
        further = asked.run(lines=fewer)
        return Explained(further) if further.returncode != 0 else None

    explained = Explained(completed)
    missing = missing_wheels(asked.uv, explained, asked.lines, asked.target, again, briefly=briefly)
    if missing is not None:
        return missing
    failure = uv_failure(
        completed,
        lines=(*asked.lines, *asked.indexes.requirements.constraints),
        doing="resolving the requirements",
        offline=asked.uv.world.offline,
    )
    named = asked.indexes.requirements
    if isinstance(failure, TransientRegistryError) and _own_index(failure.where, named):
        failure.hint = (
            f"a requirement file names this index: if it is gone, take its line out; {failure.hint}"
        )
    return failure


def _own_index(address: str, requirements: Requirements) -> bool:
    """Whether a requirement file of the project sends us there."""
    said = requirements.indexes
    named = {urlsplit(one).hostname for one in (said.index_url, *said.extra_index_urls, *said.find_links)}
    return urlsplit(address).hostname in named - {None}


def _locked(
    package: Mapping[str, Any],
    lines: Lines,
    target: Target,
    built: tuple[Built, ...] = (),
    has_admitted_source: Callable[[str], bool] = lambda specifier: False,
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
