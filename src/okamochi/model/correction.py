"""What the proof of the entry point taught, kept in the lock so that a build anywhere starts from it."""

import posixpath
import re
from enum import StrEnum
from typing import Final

import msgspec

from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import APP_ROOT, MOVED_ROOT, Plan
from okamochi.model.process import (
    HttpProbe,
    MovedFile,
    TcpProbe,
    TemporaryFolder,
    Volume,
    host_of,
    request_path,
)
from okamochi.model.python_base import IMAGE_PYTHONS, with_python
from okamochi.model.suites import suite_of_python
from okamochi.system.patterns import regex

__all__ = ["ANY_ANSWER", "Correction", "CorrectionKind", "corrected", "is_sound", "plain_reason"]

REQUIREMENT = regex(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9-]+\])?(?:[<>=!~]=?[A-Za-z0-9.*+!,<>=~]*)?"
)
RELEASE = regex(r"[a-z0-9]+(?:-[a-z0-9]+)*==[0-9A-Za-z][0-9A-Za-z.!+-]*")
INSTANT = regex(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
PACKAGE = regex(r"[a-z0-9][a-z0-9+.-]+")
FOLDER = regex(r"/[\w.@+-]+(?:/[\w.@+-]+)*")
ENTRY = regex(r"[\w./-]+(?::[\w.]+(?:\([ -~]*\))?)?")
HEALTH_PATH = regex(r"(?:/[\w.~-]+)+/?")
ANY_ANSWER: Final = "tcp"
"""The setting's word for it, too."""
LENGTH_LIMIT = 300


class CorrectionKind(StrEnum):
    """REQUIREMENT: one more dependency specifier. RELEASE: one that takes the place of the release that the
    project pins. EXCLUDE_NEWER: an instant of the index. VOLUME and
    TEMPORARY_FOLDER: a folder that the app writes. MOVED_FILE: a file that it writes between its code.
    PYTHON: the one for which what is pinned has wheels. PACKAGE: one more Debian package, for libraries that
    a wheel built from source asks for. PASSED_OVER: an entry point that failed its proof; the plan is that of
    the next one. HEALTH: a path that the proof saw answer as a health route does; "tcp" for any answer."""

    REQUIREMENT = "requirement"
    RELEASE = "release"
    EXCLUDE_NEWER = "exclude-newer"
    VOLUME = "volume"
    TEMPORARY_FOLDER = "temporary-folder"
    PYTHON = "python"
    PACKAGE = "package"
    MOVED_FILE = "moved-file"
    PASSED_OVER = "passed-over"
    HEALTH = "health"


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """`reason` is for people: what the proof said, in one line."""

    kind: CorrectionKind
    value: str
    reason: str

    @classmethod
    def of(cls, kind: CorrectionKind, value: str, reason: str) -> "Correction":
        """With as much of the reason as a lock may say."""
        return cls(kind=kind, value=value, reason=reason[:LENGTH_LIMIT])

    @property
    def key(self) -> tuple[str, str]:
        """What is tried, whatever the reason."""
        return str(self.kind), self.value

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


def plain_reason(text: str) -> str:
    """A text of others as a reason: in one line, and no longer than a lock may say it."""
    return "".join(one if one.isprintable() else " " for one in text)[:LENGTH_LIMIT]


def is_sound(correction: Correction) -> bool:
    """What a lock may say: nothing that another program could take for an option, an address or a path
    elsewhere."""
    value = correction.value
    if (
        len(value) > LENGTH_LIMIT
        or len(correction.reason) > LENGTH_LIMIT
        or not correction.reason.isprintable()
    ):
        return False
    match correction.kind:
        case CorrectionKind.REQUIREMENT:
            return REQUIREMENT.fullmatch(value) is not None
        case CorrectionKind.RELEASE:
            return RELEASE.fullmatch(value) is not None
        case CorrectionKind.EXCLUDE_NEWER:
            return INSTANT.fullmatch(value) is not None
        case CorrectionKind.PACKAGE:
            return PACKAGE.fullmatch(value) is not None
        case CorrectionKind.PYTHON:
            return suite_of_python(value) is not None or value in IMAGE_PYTHONS
        case CorrectionKind.PASSED_OVER:
            return ENTRY.fullmatch(value) is not None
        case CorrectionKind.HEALTH:
            return value == ANY_ANSWER or HEALTH_PATH.fullmatch(value) is not None
        case CorrectionKind.MOVED_FILE if not value.startswith(f"{APP_ROOT}/"):
            return False
        case CorrectionKind.VOLUME | CorrectionKind.TEMPORARY_FOLDER | CorrectionKind.MOVED_FILE:
            return FOLDER.fullmatch(value) is not None and posixpath.normpath(value) == value


def corrected(plan: Plan, corrections: tuple[Correction, ...]) -> Plan:
    """The plan with its corrections, each a decision with its reason."""
    for correction in corrections:
        plan = with_one(plan, correction)
    return plan


def with_one(plan: Plan, correction: Correction) -> Plan:
    value, replace = correction.value, msgspec.structs.replace
    match correction.kind:
        case CorrectionKind.PYTHON:
            return with_python(plan, value, correction.reason)
        case CorrectionKind.REQUIREMENT:
            added = (*plan.dependencies.added, value)
            plan = replace(plan, dependencies=replace(plan.dependencies, added=added))
            field, summary = "dependencies.added", f"{value} is added"
        case CorrectionKind.RELEASE:
            name, _, version = value.partition("==")
            others = (one for one in plan.dependencies.moved if not one.startswith(f"{name}=="))
            moved = tuple(sorted((*others, value)))
            plan = replace(plan, dependencies=replace(plan.dependencies, moved=moved))
            plan = without_decision(plan, f"dependencies.moved.{name}")
            field = f"dependencies.moved.{name}"
            summary = (
                f"Warning: {name} {version} is installed in the place of the pinned one: {correction.reason}"
            )
        case CorrectionKind.PACKAGE:
            packages = tuple(sorted({*plan.base.packages, value}))
            plan = replace(plan, base=replace(plan.base, packages=packages))
            field, summary = f"base.packages.{value}", f"the Debian package {value} is added"
        case CorrectionKind.EXCLUDE_NEWER:
            plan = replace(plan, dependencies=replace(plan.dependencies, exclude_newer=value))
            field, summary = "dependencies.exclude_newer", f"nothing newer than {value[:10]} is installed"
        case CorrectionKind.VOLUME:
            name = re.sub(r"[^a-z0-9]+", "-", value.removeprefix(APP_ROOT).lower()).strip("-")
            plan = replace(plan, volumes=(*plan.volumes, Volume(name=name, path=value)))
            field, summary = f"volumes.{value}", f"volume {name}: the app writes {value}"
        case CorrectionKind.TEMPORARY_FOLDER:
            folders = (*plan.temporary_folders, TemporaryFolder(path=value))
            plan = replace(plan, temporary_folders=folders)
            field, summary = f"temporary_folders.{value}", f"{value} is in memory: the app writes there"
        case CorrectionKind.PASSED_OVER:
            field = "application.object_reference"
            summary = f"{plan.application.entry_point}, since {value} failed"
        case CorrectionKind.HEALTH:
            plan = with_health(plan, value)
            page = "any HTTP answer on the port" if value == ANY_ANSWER else f"GET {value}"
            field, summary = "processes.web.probe", f"health: {page}"
        case CorrectionKind.MOVED_FILE:
            plan = with_moved_file(plan, value)
            field, summary = f"moved_files.{value}", f"{value} is a link into a volume: its folder holds code"
    evidence = (Evidence(path="", reason=correction.reason),)
    decision = Decision.detected(field, summary, evidence)
    return replace(plan, decisions=(*plan.decisions, decision))


def without_decision(plan: Plan, field: str) -> Plan:
    kept = tuple(one for one in plan.decisions if one.field != field)
    return msgspec.structs.replace(plan, decisions=kept)


def with_health(plan: Plan, path: str) -> Plan:
    host = host_of(plan.web.probe)
    probe = TcpProbe(host=host) if path == ANY_ANSWER else HttpProbe(path=request_path(path), host=host)
    processes = tuple(
        msgspec.structs.replace(one, probe=probe) if one is plan.web else one for one in plan.processes
    )
    return without_decision(msgspec.structs.replace(plan, processes=processes), "processes.web.probe")


def with_moved_file(plan: Plan, path: str) -> Plan:
    target = posixpath.join(MOVED_ROOT, path.removeprefix(f"{APP_ROOT}/"))
    moved = tuple(sorted((*plan.moved_files, MovedFile(path=path, target=target)), key=lambda one: one.path))
    volumes = plan.volumes
    if all(one.path != MOVED_ROOT for one in volumes):
        volumes = (*volumes, Volume(name=posixpath.basename(MOVED_ROOT), path=MOVED_ROOT))
    return msgspec.structs.replace(plan, moved_files=moved, volumes=volumes)
