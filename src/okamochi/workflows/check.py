"""`okamochi check`: what is wrong with the files that say how a project's containers are made and run."""

import datetime
import posixpath
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from okamochi.audit.audit import Report, audit
from okamochi.audit.reading import read_setup
from okamochi.audit.rule import edited
from okamochi.audit.rules import RULES
from okamochi.audit.setup import Setup
from okamochi.detect.files.git_index import executable_files, tracked_files
from okamochi.errors import DetectionError, PlanError, UsageError
from okamochi.model.finding import Finding
from okamochi.model.plan import Plan
from okamochi.system.files import write_atomic
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World
from okamochi.workflows.plan import plan_project
from okamochi.workflows.starting.env_check import project_findings
from okamochi.workflows.starting.project_folder import project_folder

__all__ = ["Checked", "check", "looked_at"]

# mending one thing may let another be seen, such as a line that two findings wanted
MOST_ROUNDS = 5


@dataclass(frozen=True)
class Judged:
    """What a file was taken to be for; `why` is "" where nothing says so, and it counts for production."""

    path: str
    desk: bool
    why: str


@dataclass(frozen=True)
class Checked:
    """`files` is how many were looked at, `mended` which ones were written. `not_understood` says why rules
    that compare with the app itself were silent; "" when they spoke. `unread` are (path, line, reason)."""

    report: Report
    files: int
    mended: tuple[str, ...] = ()
    not_understood: str = ""
    unread: tuple[tuple[str, int, str], ...] = ()
    judged: tuple[Judged, ...] = ()


def check(folder: Path, world: World, *, today: datetime.date, fix: bool = False) -> Checked:
    """With `fix`, what can be mended is written to the files first, and the answer is what is left."""
    app = project_folder(folder)
    plan, why = understood(app, world)
    setup, report = looked_at(folder, app, plan, today)
    mended: set[str] = set()
    for _ in range(MOST_ROUNDS if fix else 0):
        written = mend(folder, setup, report)
        if not written:
            break
        mended |= written
        setup, report = looked_at(folder, app, plan, today)
    looked = paths_of(setup) | {one.found.path for one in report.findings}
    return Checked(report, len(looked), tuple(sorted(mended)), why, setup.unread, judged_files(setup))


def judged_files(setup: Setup) -> tuple[Judged, ...]:
    """Dockerfiles and Compose files, each once."""
    dockerfiles = (Judged(one.path, one.desk, one.why) for one in setup.dockerfiles)
    composes = (Judged(one.path, one.desk, one.why) for one in setup.composes)
    return tuple(dict.fromkeys((*dockerfiles, *composes)))


def understood(folder: Path, world: World) -> tuple[Plan | None, str]:
    """The plan of the app in the folder, or why there is none."""
    try:
        return plan_project(folder, world).plan, ""
    except (DetectionError, PlanError, UsageError) as problem:
        if not folder.is_dir():
            raise
        return None, f"{problem.where}: {problem.message}" if problem.where else problem.message


class ReadOnce:
    """A project whose files are read once: many rules ask for the same ones."""

    def __init__(self, project: DiskProject) -> None:
        self.root = project.root
        self.read_bytes, self.exists, self.is_dir = project.read_bytes, project.exists, project.is_dir
        self.read_text = cache(project.read_text)
        self.listed = cache(lambda pattern, within: project.files(pattern, within=within))

    def files(self, pattern: str = "**", *, within: str = "") -> tuple[str, ...]:
        return self.listed(pattern, within)


def looked_at(folder: Path, app: Path, plan: Plan | None, today: datetime.date) -> tuple[Setup, Report]:
    """Of the folder; the app lies in `app`, it or one below."""
    project = DiskProject.open(folder)
    below = app.relative_to(folder).as_posix() if app != folder else ""
    findings = project_findings(plan, app.resolve()) if plan is not None else ()
    setup = read_setup(
        ReadOnce(project),
        plan,
        today,
        tracked=tracked_files(project),
        executable=executable_files(project),
        told=tuple(from_above(one, below) for one in findings),
    )
    return setup, audit(setup, RULES)


def from_above(one: Finding, below: str) -> Finding:
    """With the place as it is seen from the folder that is looked at; the app lies `below`, "" for here."""
    return replace(one, evidence=tuple(replace(e, path=posixpath.join(below, e.path)) for e in one.evidence))


def paths_of(setup: Setup) -> frozenset[str]:
    return frozenset((*(one.path for one in setup.files), *(path for path, _, _ in setup.unread)))


def mend(folder: Path, setup: Setup, report: Report) -> frozenset[str]:
    """Writes each file once; the paths of those that changed."""
    edits = [edit for one in report.findings for edit in one.found.edits]
    written: set[str] = set()
    for path in sorted({edit.path for edit in edits}):
        content = (folder / path).read_bytes()
        before = setup.file(path).text
        after, _ = edited(before, [edit for edit in edits if edit.path == path])
        # only text that comes back as it was: no other encoding, no other line ends
        if after != before and before.encode() == content:
            place = (folder / path).resolve()  # a link stays one
            write_atomic(place, after.encode(), mode=place.stat().st_mode & 0o777)
            written.add(path)
    return frozenset(written)
