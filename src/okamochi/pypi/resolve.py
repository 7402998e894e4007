"""From what a project asks for to exactly the wheels that its image will hold."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from okamochi.errors import OkamochiError, PlanError, RegistryError, TransientRegistryError
from okamochi.model.lock import LockedWheel
from okamochi.pypi.chosen_wheel import chosen_wheel
from okamochi.pypi.compilation import Compilation, Lines, compilation
from okamochi.pypi.missing_wheels import missing_wheels
from okamochi.pypi.requirement_line import ADDED, requirement_of
from okamochi.pypi.requirements import Requirements
from okamochi.pypi.uv_errors import Explained, no_wheel_for, uv_failure
from okamochi.pypi.wanted import Wanted
from okamochi.system.process import Completed
from okamochi.system.world import World

__all__ = ["resolve_wheels"]

WITH_PKG_RESOURCES = "setuptools<81"


def resolve_wheels(
    world: World, wanted: Wanted, *, preferred: tuple[LockedWheel, ...] = (), briefly: bool = False
) -> tuple[LockedWheel, ...]:
    """The wheels for the image, sorted by name; each with its digest.

    Versions in `preferred` (an older lock's) are kept where the requirements still allow them; without it,
    indexes are asked anew and the newest versions win. Markers are evaluated for the image, never for the
    host.
    PlanError when nothing satisfies the requirements, UnfitPythonError when that is due to the Python, as for
    a package that has no wheel for it (`briefly`: the error is quick, and names one package), RegistryError
    when an index refuses or lies, TransientRegistryError when none can be reached.
    """
    with compilation(world, wanted) as asked:
        if not asked.lines:
            return ()
        text = _compiled(asked, preferred, briefly)

    def has_admitted_source(specifier: str) -> bool:
        from okamochi.pypi.sdists import find_sdist

        try:
            find_sdist(world, specifier, wanted)
        except (PlanError, RegistryError):
            return False
        return True

    wheels = tuple(
        chosen_wheel(package, asked.lines, wanted.target, asked.own, has_admitted_source)
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
