"""Which Python the app asks for, and whether the base has it."""

import ast
import configparser
import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from okamochi.detect.base import Detected
from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.pyproject import PATH as PYPROJECT
from okamochi.detect.pyproject import Pyproject
from okamochi.errors import PlanError
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.evidence import Origin as From
from okamochi.system.project_files import ProjectFiles

__all__ = ["AVAILABLE", "choose_python", "pinned_versions", "version_specifiers"]

AVAILABLE = "3.13"
LATER = f"this version builds Python {AVAILABLE} only (Debian trixie's); a later one offers others"


@dataclass(frozen=True, slots=True)
class Pin:
    """One version that a file names: "3.11". `weak` for files that are often years out of date."""

    version: str
    weak: bool


def choose_python(
    project: ProjectFiles, pyproject: Pyproject, chosen: ChosenSettings
) -> tuple[str, Decision]:
    """The version as "3.13" and why. PlanError when the project asks for one that cannot be built."""
    if chosen.settings.python is not None:
        place = chosen.place("python")
        if minor(chosen.settings.python) != AVAILABLE:
            raise _impossible(chosen.settings.python, chosen.where("python"), "set it to 3.13, or remove it")
        return AVAILABLE, _decision(AVAILABLE, chosen.origin("python"), (place,))
    specifiers = version_specifiers(project, pyproject)
    for specifier in specifiers:
        if not admits(specifier.value):
            raise _impossible(
                str(specifier.value), _where(specifier.first), f"widen it so that it admits {AVAILABLE}"
            )
    pins = pinned_versions(project)
    agreeing = tuple(pin for pin in pins if pin.value.version == AVAILABLE)
    if pins and pins[0].value.version != AVAILABLE:
        return AVAILABLE, _despite(pins[0], specifiers)
    evidence = (*(one.first for one in agreeing), *(one.first for one in specifiers))
    origin = From.DETECTED if evidence else From.DEFAULT
    return AVAILABLE, _decision(AVAILABLE, origin, evidence)


def _despite(pin: Detected[Pin], specifiers: tuple[Detected[SpecifierSet], ...]) -> Decision:
    """A pin of another version gives way to requires-python that admits ours, and when it is a weak one."""
    if not specifiers and not pin.value.weak:
        raise _impossible(
            pin.value.version,
            _where(pin.first),
            f'if it runs on {AVAILABLE}, say so: [tool.okamochi] python = "{AVAILABLE}" in pyproject.toml, '
            f"or the variable OKAMOCHI_PYTHON={AVAILABLE}",
        )
    why = f"{pin.first.path} says {pin.value.version}, which is not available"
    admitted = f"; {_where(specifiers[0].first)} admits {AVAILABLE}" if specifiers else ""
    summary = f"Python {AVAILABLE}. Warning: {why}{admitted}"
    evidence = (pin.first, *(one.first for one in specifiers))
    return Decision(field="python_version", summary=summary, origin=From.DETECTED, evidence=evidence)


def pinned_versions(project: ProjectFiles) -> tuple[Detected[Pin], ...]:
    """Versions that .python-version and runtime.txt name, in this order."""
    found: list[Detected[Pin]] = []
    for path, weak in ((".python-version", False), ("runtime.txt", True)):
        for number, line in enumerate((project.read_text(path) or "").splitlines(), start=1):
            match = re.fullmatch(
                r"(?:c?python-?|cpython@)?(\d+\.\d+)(?:\.\d+)?\S*", line.split("#")[0].strip()
            )
            if match is not None:
                evidence = Evidence(path=path, line=number, reason=f"names Python {match.group(1)}")
                found.append(Detected(Pin(match.group(1), weak), (evidence,)))
                break
    return tuple(found)


def version_specifiers(project: ProjectFiles, pyproject: Pyproject) -> tuple[Detected[SpecifierSet], ...]:
    """requires-python of pyproject.toml, python_requires of setup.cfg and setup.py."""
    texts = (
        (PYPROJECT, pyproject.line_of("requires-python"), pyproject.string("requires-python")),
        *_setup_cfg(project),
        *_setup_py(project),
    )
    found: list[Detected[SpecifierSet]] = []
    for path, line, text in texts:
        try:
            specifier = SpecifierSet(text)
        except InvalidSpecifier:
            continue
        if text:
            evidence = Evidence(path=path, line=line, reason=f"requires Python {text}")
            found.append(Detected(specifier, (evidence,)))
    return tuple(found)


def admits(specifier: SpecifierSet) -> bool:
    """Whether some release of the available version satisfies it."""
    return any(specifier.contains(f"{AVAILABLE}.{patch}") for patch in range(40))


def minor(text: str) -> str:
    match = re.fullmatch(r"(?:python-?)?(\d+\.\d+)(?:\.\d+)?", text.strip())
    return match.group(1) if match is not None else text


def _setup_cfg(project: ProjectFiles) -> Iterator[tuple[str, int, str]]:
    text = project.read_text("setup.cfg")
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text or "")
    except configparser.Error:
        return
    wanted = parser.get("options", "python_requires", fallback="")
    if text and wanted:
        lines = text.splitlines()
        line = next((n for n, one in enumerate(lines, start=1) if "python_requires" in one), 0)
        yield "setup.cfg", line, wanted


def _setup_py(project: ProjectFiles) -> Iterator[tuple[str, int, str]]:
    try:
        tree = ast.parse(project.read_text("setup.py") or "")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="python_requires", value=ast.Constant(value=str(wanted)) as value):
                yield "setup.py", value.lineno, wanted
            case _:
                pass


def _decision(version: str, origin: From, evidence: tuple[Evidence, ...]) -> Decision:
    summary = f"Python {version}"
    if not evidence:
        evidence = (Evidence(path="", reason="nothing in the project names a version"),)
    return Decision(field="python_version", summary=summary, origin=origin, evidence=evidence)


def _impossible(wanted: str, where: str, remedy: str) -> PlanError:
    return PlanError(f"Python {wanted} cannot be built: {LATER}", where=where, hint=remedy)


def _where(evidence: Evidence) -> str:
    return f"{evidence.path}:{evidence.line}" if evidence.line else evidence.path
