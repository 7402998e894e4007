"""Requirements that come out older than need be, because newer versions ask for something without a wheel.

uv has no word for this: with wheels only, it goes back until it finds a version that asks for nothing of the
kind, however old, and is content.
"""

from collections.abc import Iterator, Mapping, Set

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import Version

from okamochi.model.lock import LockedWheel
from okamochi.pypi.compilation import Compilation, Lines, compilation
from okamochi.pypi.requirement_line import ADDED, RequirementLine, requirement_of
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.pypi.uv_errors import Explained, mentions, no_wheel_for
from okamochi.pypi.wanted import Wanted
from okamochi.system.process import Completed
from okamochi.system.world import World

__all__ = ["HeldBack", "held_back"]

MOST_LOOKED_AT = 8
MOST_SOURCES = 8
MOST_UNSEEN = 12
NETWORK_DISABLED = "network was disabled"


class HeldBack(msgspec.Struct, frozen=True):
    """A package that is `found` and not `newest`, for want of wheels of `sources` ("docopt==0.6.2"). `where`
    is the line that asks for it, "" for what other requirements bring along."""

    name: str
    found: str
    newest: str
    where: str
    sources: tuple[str, ...]


def held_back(
    world: World, wanted: Wanted, found: tuple[LockedWheel, ...], *, preferred: tuple[LockedWheel, ...] = ()
) -> tuple[HeldBack, ...]:
    """Of what was `found` for these requirements a moment ago, that which could be newer if sources were
    built; newer than an older lock's, where versions of one are `preferred`.

    Where everything is as new as it can be, this costs one run of uv without network, and one more for each
    of the few that something else bounds; none, where everything is pinned. No source is built or even
    fetched: while uv looks for a solution with sources among the candidates, they are said to depend on
    nothing."""
    with compilation(world, wanted) as asked:
        return tuple(_held(asked, found, {one.name: one.version for one in preferred}))


def _held(
    asked: Compilation, found: tuple[LockedWheel, ...], preferred: Mapping[str, str]
) -> Iterator[HeldBack]:
    versions = {wheel.name: wheel.version for wheel in found}
    named = {line.name for line in asked.lines}
    free = {line.name: line for line in asked.lines if line.name in versions and is_free(line)}
    along = versions.keys() - named - {one.wheel.name for one in asked.own}
    could_be = {**_newest(asked, free.keys() - preferred.keys(), along - preferred.keys()), **preferred}
    fallen = [name for name in free if is_older(versions[name], could_be.get(name, ""))]
    for name in fallen[:MOST_LOOKED_AT]:
        if sources := _sources(asked, (exactly(name, could_be[name]),)):
            yield HeldBack(name, versions[name], could_be[name], free[name].where, sources)
    # those that ask for them stay what they are: older ones that ask for newer ones of these are no gain
    kept = tuple(exactly(name, versions[name]) for name in sorted(named & versions.keys()))
    behind = [name for name in sorted(along) if is_older(versions[name], could_be.get(name, ""))]
    for name in behind[:MOST_LOOKED_AT]:
        if sources := _sources(asked, (exactly(name, could_be[name]), *kept), known=True):
            yield HeldBack(name, versions[name], could_be[name], "", sources)


def exactly(name: str, version: str) -> RequirementLine:
    return requirement_of(f"{name}=={version}", path=ADDED)


def is_free(line: RequirementLine) -> bool:
    """Whether the line leaves a choice of versions."""
    asked = parsed_specifier(line.specifier)
    pins = ("==", "===")
    return asked is not None and not asked.url and all(one.operator not in pins for one in asked.specifier)


def is_older(version: str, other: str) -> bool:
    try:
        return bool(other) and Version(version) < Version(other)
    except ValueError:
        return False


def _newest(asked: Compilation, names: Set[str], along: Set[str]) -> dict[str, str]:
    """The newest wheel that the project's lines admit for each of these, whatever the others ask for; of what
    comes `along`, as far as uv looked at it a moment ago: it went back from nothing else."""
    wanted = set(along)
    for _ in range(MOST_UNSEEN if names or wanted else 0):
        lines = (*asked.lines, *(requirement_of(name, path=ADDED) for name in sorted(wanted)))
        done = asked.run("--no-deps", lines=lines, offline=True)
        if done.returncode == 0:
            found = _versions(asked)
            return {name: found[name] for name in (*names, *wanted) if name in found}
        text = Explained(done).text
        unseen = {name for name in wanted if mentions(text, name)} if NETWORK_DISABLED in text else wanted
        if not unseen:
            return {}
        wanted -= unseen
    return {}


def _versions(asked: Compilation) -> dict[str, str]:
    packages = asked.result().get("packages", ())
    return {canonicalize_name(str(one["name"])): str(one.get("version", "")) for one in packages}


def _sources(asked: Compilation, bounds: Lines, *, known: bool = False) -> tuple[str, ...]:
    """What has no wheel and would let uv find a solution within the bounds; empty where other requirements
    stand in its way. With `known`, only what uv looked at before counts."""
    allowed: tuple[str, ...] = ()
    while len(allowed) <= MOST_SOURCES:
        done = _with_sources(asked, bounds, allowed, known=known)
        if done.returncode == 0:
            found = _versions(asked)
            wanted = tuple(f"{name}=={found[name]}" for name in allowed if name in found)
            return () if any(_has_wheel(asked, one) for one in wanted) else wanted
        blamed = canonicalize_name(no_wheel_for(Explained(done))[0])
        if not blamed or blamed in allowed:
            return ()
        allowed = (*allowed, blamed)
    return ()


def _with_sources(asked: Compilation, bounds: Lines, allowed: tuple[str, ...], *, known: bool) -> Completed:
    asked.uv.without_dependencies(*allowed)
    options = tuple(word for name in allowed for word in ("--no-binary", name))
    done = asked.run(*options, bounds=bounds, offline=True)
    if done.returncode != 0 and not known and NETWORK_DISABLED in Explained(done).text:
        done = asked.run(*options, bounds=bounds)  # it had no reason to look so far
    return done


def _has_wheel(asked: Compilation, specifier: str) -> bool:
    """An older version without a wheel may be what uv complains about, where it takes a newer one that has
    one; then it is something else that holds back."""
    line = requirement_of(specifier, path=ADDED)
    return asked.run("--no-deps", lines=(line,), offline=True).returncode == 0
