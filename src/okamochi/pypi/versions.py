"""Which versions of a package an index has, or had on a day."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from packaging.utils import canonicalize_name

from okamochi.errors import OkamochiError
from okamochi.model.plan import Dependencies
from okamochi.pypi.target import Target
from okamochi.pypi.uv_program import UvRun, index_settings, started
from okamochi.pypi.wanted import Wanted
from okamochi.system.data_text import toml_of
from okamochi.system.world import World

__all__ = ["Found", "later_releases", "published_by", "version_current_at", "version_with_wheel"]

FIRST_ALONE = ("--index-strategy", "first-index")
FURTHER = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
LISTED = "pylock.toml"


class Found(msgspec.Struct, frozen=True):
    """A release and the digests of its files; nothing of what an index does not have."""

    version: str = ""
    digests: frozenset[str] = frozenset()


def version_current_at(
    world: World, name: str, instant: str, *, project_root: Path, dependencies: Dependencies, bound: str = ""
) -> str:
    """The newest release of that day within `bound` ("<2"), whatever its files fit; "" where the index does
    not tell."""
    if world.offline:
        return ""
    try:
        indexes = index_settings(project_root, dependencies)
        with started(world, indexes) as uv:
            asked = f"{canonicalize_name(name)}{bound}"
            return wheel_or_source(uv, asked, "--exclude-newer", instant).version
    except OkamochiError:
        return ""


def later_releases(
    world: World, wanted: Wanted, name: str, version: str, *, days: Sequence[str]
) -> Iterator[str]:
    """What could take the place of a release for this target: the nearest later one that has a wheel for it;
    where none has, those that were the newest on these days, and today, as sources."""
    if world.offline:
        return
    package, later = canonicalize_name(name), f"{canonicalize_name(name)}>{version}"
    indexes = index_settings(wanted.root, wanted.dependencies)
    with started(world, indexes) as uv:
        wheel = version_with_wheel(uv, later, wanted.target, "lowest-direct")
        if wheel:
            yield wheel
            return
        told: set[str] = set()
        for day in (*days, ""):
            dated = ("--exclude-newer", day) if day else ()
            options = ("--no-binary", package, *dated, *wanted.target.arguments)
            found = newest(uv, later, *options).version
            if found and found not in told:
                told.add(found)
                yield found


def version_with_wheel(uv: UvRun, specifier: str, target: Target, strategy: str) -> str:
    """The version with a wheel for the target that uv chooses by this strategy; "" where there is none."""
    (uv.folder / "nearest.in").write_text(specifier + "\n", encoding="utf-8")
    completed = uv.run(
        "pip", "compile", "nearest.in", "--no-deps", "--no-header", "--no-annotate", "--quiet",
        "--resolution", strategy, *target.arguments,
    )  # fmt: skip
    found = completed.stdout.decode("utf-8", "replace").strip().rpartition("==")[2]
    return found.split()[0] if completed.returncode == 0 and found else ""


def published_by(
    world: World, name: str, instant: str, *, project_root: Path, dependencies: Dependencies
) -> str:
    """A release of that day, as wheel or as source; "" where there was none, or the index tells no times.

    Of several indexes the first that has the name alone counts, so that what only a further index has does
    not pass for what the public one has; unless both have the very same file, as mirrors do."""
    if world.offline:
        return ""
    package = canonicalize_name(name)
    date = ("--exclude-newer", instant)
    try:
        indexes = index_settings(project_root, dependencies)
        with started(world, indexes) as uv:
            if uv.no_index:  # all that there is was put there by the user
                return newest(uv, package).version
            found = wheel_or_source(uv, package, *FIRST_ALONE, *date)
            if found.version or not any(uv.environ.get(one) for one in FURTHER):
                return found.version
            alone = replace(uv, environ={k: v for k, v in uv.environ.items() if k not in FURTHER})
            found = wheel_or_source(alone, package, *date)
            here = newest(uv, package, *FIRST_ALONE)
            there = newest(alone, f"{package}=={here.version}") if here.version else Found()
            return found.version if here.digests & there.digests else ""
    except OkamochiError:
        return ""


def newest(uv: UvRun, asked: str, *options: str) -> Found:
    """Wheels alone; `asked` is the name with its bound."""
    name = name_in(asked)
    uv.without_dependencies(name)
    (uv.folder / LISTED).unlink(missing_ok=True)
    (uv.folder / "then.in").write_text(f"{asked}\n", encoding="utf-8")
    done = uv.run(
        "pip", "compile", "then.in", "--no-deps", "--no-header", "--no-annotate", "--quiet", "--no-sources",
        "--format", LISTED, "--output-file", LISTED, *options,
    )  # fmt: skip
    if done.returncode != 0:
        return Found()
    listed = toml_of((uv.folder / LISTED).read_text("utf-8")).get("packages", [])
    of_it: dict[str, Any] = next(
        (one for one in listed if canonicalize_name(str(one.get("name", ""))) == name), {}
    )
    files = [*of_it.get("wheels", ()), *([of_it["sdist"]] if "sdist" in of_it else ())]
    digests = frozenset(str(one.get("hashes", {}).get("sha256", "")) for one in files) - {""}
    return Found(str(of_it.get("version", "")), digests)


def wheel_or_source(uv: UvRun, asked: str, *options: str) -> Found:
    found = newest(uv, asked, *options)
    return found if found.version else newest(uv, asked, "--no-binary", name_in(asked), *options)


def name_in(asked: str) -> str:
    return re.split(r"[<>=]", asked)[0]
