"""What the steps of a Dockerfile do that the plan does otherwise: a table, in the order of the rows."""

import re
from collections.abc import Iterator

import msgspec

from okamochi.containerfiles.dockerfile import Instruction, Stage
from okamochi.detect.adoption_rows import MakeRow, Row

__all__ = ["run_lessons"]


class Lesson(msgspec.Struct, frozen=True):
    """For a step in which `pattern` is found, and `unless` is not; its group, if there is one, is told."""

    topic: str
    pattern: str
    theirs: str
    ours: str
    why: str
    unless: str = ""


LESSONS = (
    Lesson(
        "dependencies",
        r"pip3? install",
        "installs what the index has that day",
        "every file by hash, from okamochi.lock",
        "two builds of one commit can differ, and a replaced file goes unnoticed",
        unless="--require-hashes",
    ),
    Lesson(
        "compilers",
        r"\b(build-essential|gcc|g\+\+|make|[\w.+]+-dev)\b",
        "installs {} into what is shipped",
        "compilers in the builder only",
        "hundreds of megabytes that only an attacker uses",
        unless=r"(?s)\A(?!.*apt)",
    ),
    Lesson("|| true", r"\|\| true", "hides failures", "a failing step stops", "a broken image looks whole"),
    Lesson(
        "setcap",
        r"\bsetcap\s+-r\b",
        "takes capabilities from a file",
        "cap_drop: [ALL] in compose.yaml",
        "what a container may do is said when it starts; a file in the image has no part in it",
    ),
    Lesson(
        "setcap",
        r"setcap",
        "gives capabilities away",
        "a port above 1024",
        "no capability is needed, and no-new-privileges would refuse it",
        unless=r"\bsetcap\s+-r\b",
    ),
    Lesson(
        "Markdown",
        r"\]\(https?://",
        "a link as in a Markdown text",
        "no such step",
        "the shell stops at the bracket: copied from a page, whose text it became a part of",
    ),
    Lesson(
        "owner",
        r"chown -R\s+\S+\s+(?:/app|/srv|/code|/workspace|\.)/?(?:\s|$)",
        "the app owns its code",
        "code is root's, folders that the app writes belong to it",
        "who breaks in could change it; and the layer holds every file twice",
    ),
    Lesson(
        "permissions",
        r"chmod (?:-R )?0?777",
        "chmod 777",
        "folders that the app writes belong to it",
        "anybody inside could replace the code",
    ),
)


def run_lessons(row: MakeRow, final: Stage) -> Iterator[Row]:
    copied_all: Instruction | None = None
    for one in final.instructions:
        if one.word in ("COPY", "ADD") and re.match(r"(?:--\S+ )*\.\/? ", one.rest + " "):
            copied_all = copied_all or one
        if one.word != "RUN":
            continue
        if copied_all is not None and re.search(r"pip3? install|poetry install|uv sync|pipenv", one.rest):
            yield row(
                copied_all,
                "order",
                "copies all code before it installs",
                "dependencies below the code, each group a layer",
                "every edit would install everything again",
            )
            copied_all = None
        for lesson in LESSONS:
            found = re.search(lesson.pattern, one.rest)
            if found is not None and not (lesson.unless and re.search(lesson.unless, one.rest)):
                theirs = lesson.theirs.format(*found.groups())
                yield row(one, lesson.topic, theirs, lesson.ours, lesson.why)
