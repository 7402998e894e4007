"""Requirements that come out older than need be, because newer versions ask for something without a wheel.

uv has no word for this: with wheels only, it goes back until it finds a version that asks for nothing of the
kind, however old, and is content.
"""

from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import Version

from okamochi.model.lock import LockedWheel
from okamochi.model.plan import Dependencies
from okamochi.pypi.built_wheel import Built
from okamochi.pypi.compilation import NOTHING, Compilation, compilation
from okamochi.pypi.requirement_line import ADDED, RequirementLine, requirement_of
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.pypi.target import Target
from okamochi.pypi.uv_errors import Explained, no_wheel_for
from okamochi.system.process import Completed
from okamochi.system.world import World

__all__ = ["HeldBack", "held_back"]

MOST_LOOKED_AT = 8
MOST_SOURCES = 8
NETWORK_DISABLED = "network was disabled"


class HeldBack(msgspec.Struct, frozen=True):
    """A requirement that is `found` and not `newest`, for want of wheels of `sources` ("docopt==0.6.2")."""

    name: str
    found: str
    newest: str
    where: str
    sources: tuple[str, ...]


def held_back(
    world: World,
    found: tuple[LockedWheel, ...],
    *,
    project_root: Path,
    dependencies: Dependencies,
    target: Target,
    preferred: tuple[LockedWheel, ...] = (),
    built: tuple[Built, ...] = (),
    direct: Mapping[str, Built] = NOTHING,
) -> tuple[HeldBack, ...]:
    """Of what was `found` for these requirements a moment ago, that which could be newer if sources were
    built; newer than an older lock's, where versions of one are `preferred`.

    Where every requirement is as new as its own line admits, and that is the usual case, this costs one run
    of uv without network; none, where all of them are pinned. No source is built or even fetched: while uv
    looks for a solution with sources among the candidates, they are said to depend on nothing."""
    with compilation(
        world,
        project_root=project_root,
        dependencies=dependencies,
        target=target,
        built=built,
        direct=direct,
    ) as asked:
        return tuple(_held(asked, found, {one.name: one.version for one in preferred}))


def _held(
    asked: Compilation, found: tuple[LockedWheel, ...], preferred: Mapping[str, str]
) -> Iterator[HeldBack]:
    versions = {wheel.name: wheel.version for wheel in found}
    free = {line.name: line for line in asked.lines if line.name in versions and is_free(line)}
    could_be = {**_newest(asked, free.keys() - preferred.keys()), **preferred}
    fallen = [name for name in free if is_older(versions[name], could_be.get(name, ""))]
    for name in fallen[:MOST_LOOKED_AT]:
        bound = requirement_of(f"{name}=={could_be[name]}", path=ADDED)
        if sources := _sources(asked, bound):
            yield HeldBack(name, versions[name], could_be[name], free[name].where, sources)


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


def _newest(asked: Compilation, names: Set[str]) -> dict[str, str]:
    """The newest wheel that the project's lines admit for each of these, whatever the others ask for."""
    if not names or asked.run("--no-deps", offline=True).returncode != 0:
        return {}
    found = _versions(asked)
    return {name: found[name] for name in names if name in found}


def _versions(asked: Compilation) -> dict[str, str]:
    packages = asked.result().get("packages", ())
    return {canonicalize_name(str(one["name"])): str(one.get("version", "")) for one in packages}


def _sources(asked: Compilation, bound: RequirementLine) -> tuple[str, ...]:
    """What has no wheel and would let uv find a solution within the bound; empty where other requirements
    stand in its way."""
    allowed: tuple[str, ...] = ()
    while len(allowed) <= MOST_SOURCES:
        done = _with_sources(asked, bound, allowed)
        if done.returncode == 0:
            found = _versions(asked)
            wanted = tuple(f"{name}=={found[name]}" for name in allowed if name in found)
            return () if any(_has_wheel(asked, one) for one in wanted) else wanted
        blamed = canonicalize_name(no_wheel_for(Explained(done))[0])
        if not blamed or blamed in allowed:
            return ()
        allowed = (*allowed, blamed)
    return ()


def _with_sources(asked: Compilation, bound: RequirementLine, allowed: tuple[str, ...]) -> Completed:
    asked.uv.without_dependencies(*allowed)
    options = tuple(word for name in allowed for word in ("--no-binary", name))
    done = asked.run(*options, bounds=(bound,), offline=True)
    if done.returncode != 0 and NETWORK_DISABLED in Explained(done).text:  # it had no reason to look so far
        done = asked.run(*options, bounds=(bound,))
    return done


def _has_wheel(asked: Compilation, specifier: str) -> bool:
    """An older version without a wheel may be what uv complains about, where it takes a newer one that has
    one; then it is something else that holds back."""
    line = requirement_of(specifier, path=ADDED)
    return asked.run("--no-deps", lines=(line,), offline=True).returncode == 0
