"""Which Python the app gets, and from where: Debian's where a suite has it, else an image of a registry."""

import re

import msgspec
from msgspec.structs import replace

from okamochi.detect.base import Detected
from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.packages.pyproject import Pyproject, read_pyproject
from okamochi.detect.packages.python_statements import (
    Pin,
    Range,
    python_pins,
    python_ranges,
    unread_statements,
)
from okamochi.errors import PlanError
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.evidence import Origin as From
from okamochi.model.python_base import ANY_IMAGE, ENDED_PYTHONS
from okamochi.model.python_base import IMAGE_PYTHONS as OF_IMAGES
from okamochi.model.suites import SUITES, Suite, Support, suite_of_python
from okamochi.system.project_files import ProjectFiles

__all__ = ["COMFORTABLE", "ChosenPython", "choose_python", "pythons_of_images"]

COMFORTABLE = SUITES[0].python_version
"""What a project gets that says nothing: the newest of a supported release."""

OF_DEBIAN = tuple(suite.python_version for suite in SUITES)
PYTHON_IMAGE = re.compile(r"(?:[\w.:-]+/)*python:(?P<version>3\.\d+)(?:[.-][\w.-]*)?(?:@sha256:\w+)?")
ALL = ", ".join(sorted((*OF_DEBIAN, *OF_IMAGES), key=lambda version: int(version[2:])))


class ChosenPython(msgspec.Struct, frozen=True):
    """`alternatives` are further versions of Debian's that the project admits, best first."""

    version: str
    alternatives: tuple[str, ...]
    decision: Decision


def choose_python(
    project: ProjectFiles, pyproject: Pyproject, chosen: ChosenSettings, folder: str = ""
) -> ChosenPython:
    """The version as "3.13" and why. PlanError when the project asks for one that cannot be built."""
    if chosen.settings.python is not None:
        return _set(chosen)
    ranges = python_ranges(project, pyproject)
    offered = OF_DEBIAN if chosen.settings.base in (None, "debian") else (*OF_DEBIAN, *OF_IMAGES)
    admitted = tuple(version for version in offered if all(one.value.admits(version) for one in ranges))
    if not admitted:
        return _of_image(ranges)
    pins = (*_of_the_base(chosen), *python_pins(project, folder))
    if pins and _needs_image(pins[0].value, ranges, chosen):
        return _pinned_image(pins, ranges, admitted)
    version = _pinned(pins[0].value, admitted) if pins else admitted[0]
    # of an image that was named, nobody knows which Pythons it has
    free = chosen.settings.base in (None, "debian", ANY_IMAGE)
    alternatives = tuple(one for one in admitted if one != version) if free else ()
    decision = _with_unread(_decision(version, ranges, pins), unread_statements(project, pyproject, folder))
    return ChosenPython(version, alternatives, decision)


def _with_unread(decision: Decision, unread: tuple[Evidence, ...]) -> Decision:
    """What the project says about its Python in words that are none of a version's is told, not followed."""
    if not unread:
        return decision
    told = "; ".join(f"{one.place}: {one.reason}" for one in unread)
    summary = f"{decision.summary}. Warning: not followed: {told}"
    if decision.origin is From.DEFAULT:
        return replace(decision, summary=summary, origin=From.DETECTED, evidence=unread)
    return replace(decision, summary=summary, evidence=(*decision.evidence, *unread))


def _of_the_base(chosen: ChosenSettings) -> tuple[Detected[Pin], ...]:
    """The Python of an image that the setting base names, where its name tells it: python:3.12-slim."""
    named = PYTHON_IMAGE.fullmatch((chosen.settings.base or "").strip())
    if named is None:
        return ()
    return (Detected(value=Pin(version=named["version"], weak=False), evidence=(chosen.place("base"),)),)


def pythons_of_images(project: ProjectFiles) -> tuple[str, ...]:
    """Those that no release of Debian has, that the project admits and that get security updates."""
    ranges = python_ranges(project, read_pyproject(project))
    looked_after = (version for version in OF_IMAGES if version not in ENDED_PYTHONS)
    return tuple(version for version in looked_after if all(one.value.admits(version) for one in ranges))


def _set(chosen: ChosenSettings) -> ChosenPython:
    wanted = chosen.settings.python or ""
    match = re.fullmatch(r"(?:python-?)?(\d+\.\d+)(?:\.\d+)?", wanted.strip())
    version = match[1] if match is not None else wanted
    if version not in (*OF_DEBIAN, *OF_IMAGES):
        raise PlanError(
            f"Python {wanted} cannot be built",
            where=chosen.where("python"),
            hint=f"set it to one of {ALL}, or remove it",
        )
    evidence = (chosen.place("python"),)
    decision = Decision(
        field="python_version",
        summary=f"Python {version}{_warning_of(version)}",
        origin=chosen.origin("python"),
        evidence=evidence,
    )
    return ChosenPython(version, (), decision)


def _needs_image(pin: Pin, ranges: tuple[Detected[Range], ...], chosen: ChosenSettings) -> bool:
    """Whether the pinned version is one that only images have; a file that is often out of date asks for
    none that has no security updates any more."""
    return (
        chosen.settings.base is None
        and pin.version in OF_IMAGES
        and not (pin.weak and pin.version in ENDED_PYTHONS)
        and all(one.value.admits(pin.version) for one in ranges)
    )


def _pinned_image(
    pins: tuple[Detected[Pin], ...], ranges: tuple[Detected[Range], ...], admitted: tuple[str, ...]
) -> ChosenPython:
    """Of Debian's, the one that would be taken where no registry is at hand is the first alternative."""
    version = pins[0].value.version
    nearest = _pinned(pins[0].value, admitted)
    evidence = (pins[0].first, *(one.first for one in ranges))
    decision = Decision(
        field="python_version",
        summary=f"Python {version}, which no release of Debian has"
        f' (setting: base = "debian" takes {nearest}){_warning_of(version)}',
        origin=From.DETECTED,
        evidence=evidence,
    )
    return ChosenPython(version, (nearest, *(one for one in admitted if one != nearest)), decision)


def _warning_of(version: str) -> str:
    ended = ENDED_PYTHONS.get(version)
    return f". Warning: it has had no security updates since {ended}" if ended else ""


def _of_image(ranges: tuple[Detected[Range], ...]) -> ChosenPython:
    for version in OF_IMAGES:
        if all(one.value.admits(version) for one in ranges):
            evidence = tuple(one.first for one in ranges)
            summary = (
                f"Python {version}, which no release of Debian has: {', '.join(OF_DEBIAN)} are not admitted"
                f"{_warning_of(version)}"
            )
            decision = Decision(
                field="python_version", summary=summary, origin=From.DETECTED, evidence=evidence
            )
            return ChosenPython(version, (), decision)
    culprit = next((one for one in ranges if not _admits_any(one)), ranges[0])
    together = "" if not _admits_any(culprit) else ", taken together with what else the project says"
    raise PlanError(
        f"Python {culprit.value.text} cannot be built{together}",
        where=culprit.first.place,
        hint=f"widen it so that it admits one of {ALL}",
        details=tuple(str(one.first) for one in ranges) if len(ranges) > 1 else (),
    )


def _admits_any(one: Detected[Range]) -> bool:
    return any(one.value.admits(version) for version in (*OF_DEBIAN, *OF_IMAGES))


def _pinned(pin: Pin, admitted: tuple[str, ...]) -> str:
    """The pinned version itself; in place of one that Debian has not, or that a file names that is often out
    of date and has no security updates any more, the nearest newer one of a supported release: old code runs
    there more often than on the newest Python."""
    looked_after = tuple(version for version in admitted if _is_supported(version))
    if pin.version in admitted and not (pin.weak and pin.version not in looked_after):
        return pin.version
    newer = [version for version in looked_after if _number(version) > _number(pin.version)]
    if newer:
        return min(newer, key=_number)
    return pin.version if pin.version in admitted else max(admitted, key=_number)


def _is_supported(version: str) -> bool:
    suite = suite_of_python(version)
    return suite is not None and suite.support in (Support.SUPPORTED, Support.LONG_TERM)


def _decision(version: str, ranges: tuple[Detected[Range], ...], pins: tuple[Detected[Pin], ...]) -> Decision:
    summary = f"Python {version}"
    if pins and pins[0].value.version != version:
        summary = f"{summary}. Warning: {_why_not(pins[0], ranges)}"
        evidence = (pins[0].first, *(one.first for one in ranges))
    else:
        agreeing = (one.first for one in pins if one.value.version == version)
        evidence = (*agreeing, *(one.first for one in ranges))
    if not evidence:
        reason = "nothing in the project names a version"
        return Decision(
            field="python_version", summary=summary, origin=From.DEFAULT, evidence=(_because(reason),)
        )
    return Decision(field="python_version", summary=summary, origin=From.DETECTED, evidence=evidence)


def _why_not(pin: Detected[Pin], ranges: tuple[Detected[Range], ...]) -> str:
    wanted = pin.value.version
    says = f"{pin.first.path} says {wanted}"
    against = next((one for one in ranges if not one.value.admits(wanted)), None)
    if against is not None:
        return f"{says}, which {against.first.place} does not admit"
    suite: Suite | None = suite_of_python(wanted)
    if suite is None:
        return f"{says}, which is not available from Debian; the nearest is taken"
    return f"{says}, but {suite.warning}"


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _because(reason: str) -> Evidence:
    return Evidence(path="", reason=reason)
