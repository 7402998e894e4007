"""Pins that contradict each other: which other release of one of them all the rest admits."""

from collections.abc import Iterator

import msgspec
from packaging.utils import canonicalize_name

from okamochi.pypi.compilation import Compilation, Lines, compilation
from okamochi.pypi.moved_pins import pinned_version, with_specifier
from okamochi.pypi.requirement_line import ADDED, RequirementLine
from okamochi.pypi.uv_errors import mentions
from okamochi.pypi.wanted import Wanted
from okamochi.system.patterns import regex
from okamochi.system.world import World

__all__ = ["admitted_instead", "is_movable"]

# of a release that nobody published a slip of the pen is likelier than anything else
NOT_THERE = regex(r"there is no version of ([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)==")
REQUIRED = regex(r"depends? on ([A-Za-z0-9][A-Za-z0-9._-]*)")


class AdmittedPin(msgspec.Struct, frozen=True):
    """The line of the pin, and the version that can be had in its place."""

    line: RequirementLine
    version: str


def admitted_instead(world: World, wanted: Wanted, explanation: str) -> AdmittedPin | None:
    """Of the pins that uv's `explanation` names the one whose move lets all the others stay, to the nearest
    later release, else to the nearest earlier one; what others depend on is moved before what depends on it.
    Where no single one does, the one that resolves what is explained. None where nothing does."""
    with compilation(world, wanted) as asked:
        named = [line for line in asked.lines if mentions(explanation, line.name)]
        absent = frozenset(map(canonicalize_name, NOT_THERE.findall(explanation)))
        pins = sorted(
            (line for line in named if is_movable(line) and line.name not in absent),
            key=lambda line: line.name not in required_in(explanation),
        )
        for among in (asked.lines, tuple(named)):
            for pin in pins:
                if version := next(_admitted(asked, pin, among), ""):
                    return AdmittedPin(pin, version)
    return None


def is_movable(line: RequirementLine) -> bool:
    """Whoever lists digests beside a pin wants these files and no others."""
    return bool(pinned_version(line)) and not line.hashes and line.path != ADDED


def required_in(explanation: str) -> frozenset[str]:
    return frozenset(canonicalize_name(name.rstrip(".,")) for name in REQUIRED.findall(explanation))


def _admitted(asked: Compilation, pin: RequirementLine, among: Lines) -> Iterator[str]:
    """The nearest versions later and earlier than the pin that the bounded lines `among` the project's admit:
    one without a bound has no say, and would be as old as can be here."""
    others = tuple(line for line in among if line.name != pin.name and is_bounded(line))
    version = pinned_version(pin)
    for operator, strategy in ((">", "lowest-direct"), ("<", "highest")):
        opened = with_specifier(pin, f"{operator}{version}")
        if asked.run("--resolution", strategy, lines=(*others, opened)).returncode == 0:
            found = asked.result().get("packages", ())
            yield from (str(one["version"]) for one in found if canonicalize_name(one["name"]) == pin.name)


def is_bounded(line: RequirementLine) -> bool:
    return any(operator in line.specifier for operator in ("==", ">", "~=", "@"))
