"""The error for packages that are published without a wheel for the image: all of them at once."""

from collections.abc import Callable

import msgspec
from packaging.utils import canonicalize_name

from okamochi.errors import UnfitPythonError
from okamochi.pypi.requirement_line import RequirementLine
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.pypi.target import Target
from okamochi.pypi.uv_errors import Explained, no_wheel_for, without_wheels
from okamochi.pypi.uv_program import UvRun
from okamochi.pypi.versions import version_with_wheel
from okamochi.system.patterns import regex

__all__ = ["missing_wheels"]

MOST = 20
REMEDIES = {"uwsgi": "gunicorn (okamochi adds it)"}
# names under which the same project publishes its wheels
BINARY = {"psycopg2": "psycopg2-binary"}
OWN_WHEEL = (
    "build the {} yourself (pip wheel --no-deps NAME==VERSION -w wheels) and write --find-links wheels into "
    "the requirement file"
)

# uv names the platforms that a release has wheels for, where it has some
PLATFORMS = regex(r"Wheels are available for `([^`]+)` \([^)]*\) on the following platforms?: (.*)")
SYSTEMS = {"win": ("Windows", 'sys_platform == "win32"'), "macosx": ("macOS", 'sys_platform == "darwin"')}

Lines = tuple[RequirementLine, ...]


class _Missing(msgspec.Struct, frozen=True):
    """A package without a wheel, the line that asks for it or for what needs it, and what to ask for.
    `system` is the only other one that it is for."""

    name: str
    version: str
    asking: RequirementLine | None
    advice: str
    system: str = ""

    @property
    def requirement(self) -> str:
        """What to look for the source by: where uv names no version, what the project asks for."""
        if self.version:
            return f"{self.name}=={self.version}"
        asking = self.asking
        return asking.specifier if asking and asking.name == canonicalize_name(self.name) else self.name

    @property
    def is_pinned(self) -> bool:
        """Whether the project asks for this version and no other."""
        asking = self.asking
        if asking is None or not self.version or asking.name != canonicalize_name(self.name):
            return False
        asked = parsed_specifier(asking.specifier)
        specifiers = asked.specifier if asked is not None else ()
        return [(one.operator, one.version) for one in specifiers] == [("==", self.version)]

    @property
    def title(self) -> str:
        title = f"{self.name} {self.version}".strip()
        through = self.asking is not None and self.asking.name != canonicalize_name(self.name)
        return f"{title}, needed by {self.asking.name}," if self.asking is not None and through else title

    @property
    def where(self) -> str:
        return self.asking.where if self.asking else ""


def missing_wheels(
    uv: UvRun,
    explained: Explained,
    lines: Lines,
    target: Target,
    again: Callable[[Lines], Explained | None],
    *,
    briefly: bool = False,
) -> UnfitPythonError | None:
    """None when a missing wheel is not what uv complains about. `again` resolves with fewer lines and gives
    uv's next complaint, None when there is none: so that one run tells of all packages, not of the first.
    `briefly` tells of the first in words, and not what to ask for instead."""
    if uv.world.offline:
        return None
    if briefly:
        first = _missing(uv, explained, lines, target, briefly=True)
        return _briefly(first, explained, target) if first else None
    found: list[_Missing] = []
    remaining, complaint = lines, explained
    while len(found) < MOST:
        one = _missing(uv, complaint, remaining, target)
        if one is None:
            break
        found.append(one)
        if one.asking is None:
            break
        remaining = tuple(line for line in remaining if line is not one.asking)
        following = again(remaining) if remaining else None
        if following is None:
            break
        complaint = following
    return _error(found, explained, target) if found else None


def _missing(
    uv: UvRun, explained: Explained, lines: Lines, target: Target, *, briefly: bool = False
) -> _Missing | None:
    name, version = no_wheel_for(explained)
    if not name:
        return None
    asking = next((line for line in lines if line.name == canonicalize_name(name)), None)
    asking = asking or explained.mentioned(lines)
    remedy = REMEDIES.get(canonicalize_name(name), "")
    if remedy:
        return _Missing(name, version, asking, f"ask for {remedy} instead")
    system, marker = _other_system(explained, name)
    if system:
        own = asking is not None and asking.name == canonicalize_name(name)
        line = f"{asking.specifier}; {marker}" if asking is not None and own else marker
        return _Missing(
            name, version, asking, f"it is for {system} alone: take the line out, or write {line}", system
        )
    published = BINARY.get(canonicalize_name(name), name)
    nearest = "" if briefly else _nearest(uv, published, version, target)
    advice = f"ask for {published}=={nearest}" if nearest else "take a package that ships wheels"
    return _Missing(name, version, asking, advice)


def _other_system(explained: Explained, name: str) -> tuple[str, str]:
    """The only system that the package has wheels for, and the marker for it; blank where there is none."""
    for found in PLATFORMS.finditer(explained.text):
        if canonicalize_name(found[1]) != canonicalize_name(name):
            continue
        tags = [tag.strip(" `.") for tag in found[2].split(",")]
        for prefix, told in SYSTEMS.items():
            if all(tag.startswith(prefix) for tag in tags):
                return told
    return "", ""


def _briefly(first: _Missing, explained: Explained, target: Target) -> UnfitPythonError:
    """With the other packages of the same complaint: what was built already may be the first of them."""
    error = _error([first], explained, target)
    others = {name: f"{name}=={version}" if version else name for name, version in without_wheels(explained)}
    others.pop(first.name, None)
    error.packages += tuple(others.values())
    return error


def _nearest(uv: UvRun, name: str, version: str, target: Target) -> str:
    """The lowest version from `version` on that has a wheel, else the newest; "" when there is none."""
    for specifier, strategy in ((f"{name}>={version}", "lowest-direct"), (name, "highest")):
        if not version and strategy == "lowest-direct":
            continue
        if found := version_with_wheel(uv, specifier, target, strategy):
            return found
    return ""


def _error(found: list[_Missing], explained: Explained, target: Target) -> UnfitPythonError:
    error = _told(found, explained, target)
    error.packages = tuple(one.requirement for one in found)
    error.pinned = tuple(one.requirement for one in found if one.is_pinned)
    return error


def _told(found: list[_Missing], explained: Explained, target: Target) -> UnfitPythonError:
    first = found[0]
    if len(found) == 1 and first.system:
        return UnfitPythonError(
            f"{first.title} is published for {first.system}, and not for Linux",
            where=first.where,
            hint=first.advice,
            details=explained.causes,
        )
    if len(found) == 1:
        return UnfitPythonError(
            f"{first.title} has no wheel for this image ({target.title})",
            where=first.where,
            hint=f"{first.advice}, or {OWN_WHEEL.format('wheel')}",
            details=explained.causes,
        )
    return UnfitPythonError(
        f"{len(found)} packages have no wheel for this image ({target.title})",
        where=first.where,
        hint=(
            "do with each what its line above says"
            if any(one.system for one in found)
            else "ask for the versions named above, or " + OWN_WHEEL.format("wheels")
        ),
        details=tuple(f"{one.title} {f'({one.where})' if one.where else ''}: {one.advice}" for one in found),
    )
