"""Reads the cases of rules: a Markdown page for each, whose code blocks are the files of small projects.

A section whose title begins with "Caught" names below its files what is found: lines `- Dockerfile:3`, in
order, each followed by a part of the message if it matters: `- Dockerfile:3 sh is process 1`. A block marked
`mended` is what `--fix` makes of that file, one marked `crlf` has the line ends of Windows. In a section
whose title begins with "Passes" the rule is silent.
"""

import datetime
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from okamochi.audit.reading import read_setup
from okamochi.audit.setup import Setup
from okamochi.detect.planner import make_plan
from okamochi.detect.variables.env_findings import env_findings
from okamochi.errors import OkamochiError
from okamochi.model.plan import Plan
from okamochi.model.settings_reader import read_settings
from okamochi.system.project_files import MemoryProject

FOLDER = Path(__file__).parent / "cases"
TODAY = datetime.date(2026, 11, 29)
# a file of a case that lists what git tracks
TRACKED = "tracked-by-git.txt"
EXECUTABLE = "executable-by-git.txt"
BLOCK = re.compile(r"^```[\w.-]+ (\S+)( mended| crlf)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXPECTED = re.compile(r"^- (\S+?):(\d+)(?: (.+))?$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """`expected` are (path, line, part of the message)."""

    rule: str
    title: str
    files: dict[str, str]
    mended: dict[str, str] = field(default_factory=dict)
    expected: tuple[tuple[str, int, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.rule}: {self.title}"

    def setup(self) -> Setup:
        project = MemoryProject(self.files)
        plan = plan_of(project)
        tracked, executable = project.read_text(TRACKED), project.read_text(EXECUTABLE)
        return read_setup(
            project,
            plan,
            TODAY,
            tracked=None if tracked is None else frozenset(tracked.split()),
            executable=None if executable is None else frozenset(executable.split()),
            told=env_findings(plan, project) if plan is not None else (),
        )


def plan_of(project: MemoryProject) -> Plan | None:
    if not any(path.endswith(".py") for path in project.content):
        return None
    try:
        return make_plan(project, read_settings(project))
    except OkamochiError:
        return None


@cache
def all_cases() -> tuple[Case, ...]:
    return tuple(case for page in sorted(FOLDER.rglob("*.md")) for case in cases_of(page))


def cases_of(page: Path) -> list[Case]:
    rule = page.relative_to(FOLDER).with_suffix("").as_posix().replace("_", "-")
    sections = re.split(r"^## ", page.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return [case_of(rule, section) for section in sections]


def case_of(rule: str, section: str) -> Case:
    blocks = BLOCK.findall(section)
    rest = BLOCK.sub("", section)
    return Case(
        rule=rule,
        title=section.partition("\n")[0].strip(),
        files={
            path: text.replace("\n", "\r\n") if mark == " crlf" else text
            for path, mark, text in blocks
            if mark != " mended"
        },
        mended={path: text for path, mark, text in blocks if mark == " mended"},
        expected=tuple((path, int(line), part.strip()) for path, line, part in EXPECTED.findall(rest)),
    )
