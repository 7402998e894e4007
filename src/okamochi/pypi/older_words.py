"""Which older version of a package still has a name: looked up in its wheels, before anything is built."""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from okamochi.errors import OkamochiError
from okamochi.pypi.target import Target
from okamochi.pypi.uv_program import UvRun, index_settings, started
from okamochi.pypi.wanted import Wanted
from okamochi.system.world import World

__all__ = ["NowhereError", "bound_with_word", "day_has_word"]

MOST_MINORS = 2
MOST_MAJORS = 4
LIMIT_BYTES = 4_000_000


class NowhereError(Exception):
    """None of the versions that were looked at has the name."""


class UntoldError(Exception):
    """A version cannot be had, or holds no text to look at."""


def bound_with_word(
    world: World, wanted: Wanted, package: str, installed: str, word: str, *, lowered: bool = False
) -> str:
    """The first bound ("2.3") below which the package has the word: before the installed major version,
    before the last two minor ones of the version that this leads to, before its major one and three more.
    Where the package was `lowered` already, what is installed is that version. "" where it cannot be told;
    NowhereError where none of them has it."""
    try:
        with started(world, index_settings(wanted.root, wanted.dependencies)) as uv:

            def look(bound: str) -> Version | None:
                return _look(uv, f"{package}<{bound}", word, wanted.target)

            first = _first_bound(look, Version(installed), lowered=lowered)
    except (OkamochiError, InvalidVersion, UntoldError):
        return ""
    if not first:
        raise NowhereError
    return first


def _first_bound(look: Callable[[str], Version | None], version: Version, *, lowered: bool) -> str:
    """ "" where none has the word."""
    if not lowered:
        older = look(str(version.major))
        if older is None:
            return str(version.major)
        version = older
    for bound in _bounds(version):
        try:
            if look(bound) is None:
                return bound
        except UntoldError:
            if bound.isdecimal() and int(bound) < version.major:
                return ""  # there is nothing before these
            raise
    return ""


def _bounds(version: Version) -> Iterator[str]:
    for minor in range(version.minor, max(version.minor - MOST_MINORS, 0), -1):
        yield f"{version.major}.{minor}"
    for major in range(version.major, max(version.major - MOST_MAJORS, 0), -1):
        yield str(major)


def day_has_word(world: World, wanted: Wanted, package: str, instant: str, word: str) -> bool:
    """Whether the package of that day has the word; True where it cannot be told."""
    try:
        indexes = index_settings(wanted.root, wanted.dependencies)
        with started(world, indexes) as uv:
            return _look(uv, package, word, wanted.target, "--exclude-newer", instant) is None
    except (OkamochiError, UntoldError):
        return True


def _look(uv: UvRun, specifier: str, word: str, target: Target, *options: str) -> Version | None:
    """None when the newest version that the specifier admits has the word, else that version. UntoldError
    when it cannot be had."""
    folder = Path(tempfile.mkdtemp(prefix="older-", dir=uv.folder))
    done = uv.run(
        "pip", "install", "--no-deps", "--quiet", "--target", os.fspath(folder), specifier,
        *options, *target.arguments,
    )  # fmt: skip
    name = canonicalize_name(re.split(r"[<>=]", specifier)[0])
    infos = [
        one for one in folder.glob("*.dist-info") if canonicalize_name(one.name.partition("-")[0]) == name
    ]
    if not done.ok or not infos:
        raise UntoldError
    if _has_word(folder, word):
        return None
    try:
        return Version(infos[0].name.removesuffix(".dist-info").partition("-")[2])
    except InvalidVersion as problem:
        raise UntoldError from problem


def _has_word(folder: Path, word: str) -> bool:
    """UntoldError where compiled modules may have it."""
    pattern = re.compile(rb"\b" + re.escape(word.encode()) + rb"\b")
    for path in folder.rglob("*.py"):
        if path.stat().st_size <= LIMIT_BYTES and pattern.search(path.read_bytes()):
            return True
    if any(True for _ in folder.rglob("*.so")):
        raise UntoldError
    return False
