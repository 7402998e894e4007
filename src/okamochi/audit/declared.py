"""Which packages a project's files and steps name, whatever their form."""

import posixpath
import re
from collections.abc import Iterator

import msgspec

from okamochi.audit.setup import Dockerfile, Setup
from okamochi.system.patterns import regex
from okamochi.system.words import word_tuple

__all__ = ["LOCKS", "Line", "lists", "lock_of", "named_anywhere", "requirement_lines"]

LOCKS = {"uv.lock": "uv", "poetry.lock": "poetry", "Pipfile.lock": "pipenv", "pdm.lock": "pdm"}
LISTS = word_tuple(
    "**/*requirements*.txt **/*requirements*.in **/requirements/**/*.txt **/requirements/**/*.in **/*.lock "
    "**/pyproject.toml **/setup.py **/setup.cfg **/Pipfile **/environment*.y*ml **/pylock*.toml"
)
NAME = regex(r"([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*([^;#]*)")
MOST_FILES = 60


class Line(msgspec.Struct, frozen=True):
    """A line of a requirement file: a package, and what is said of its version."""

    path: str
    line: int
    name: str
    version: str


def named_anywhere(package: str, setup: Setup) -> bool:
    """Whether any list of packages, lock or step of a Dockerfile holds the name, in any spelling; also where
    there is nothing to look at, or something else may install."""
    plain = re.escape(re.sub(r"[-_.]", "", package.lower()))
    wanted = re.compile(rf"(?<![a-z0-9]){plain}(?![a-z0-9])")
    texts = [text for text in (setup.project.read_text(path) for path in lists(setup)) if text]
    steps = [
        one.rest
        for file in setup.dockerfiles
        for stage in file.stages
        for one in stage.own
        if one.word in ("RUN", "COPY", "FROM")
    ]
    if not texts or any(installs_what_is_made_later(step, setup) for step in steps):
        return True
    return any(wanted.search(re.sub(r"[-_.]", "", text.lower())) for text in (*texts, *steps))


def installs_what_is_made_later(step: str, setup: Setup) -> bool:
    """Whether packages come from a file that is not in the project: another tool writes it before a build."""
    named = re.findall(r"(?<!\S)(?:-r|--requirement)[ =]?(\S+)", step)
    names = {one.strip("\"'").rpartition("/")[2] for one in named}
    return any("$" not in name and not setup.project.files(f"**/{name}") for name in names)


def lists(setup: Setup) -> tuple[str, ...]:
    named = [path for pattern in LISTS for path in setup.project.files(pattern)]
    named += [path for name in LOCKS for path in setup.project.files(f"**/{name}")]
    return tuple(dict.fromkeys(named))[:MOST_FILES]


def requirement_lines(path: str, setup: Setup, depth: int = 0) -> Iterator[Line]:
    """Of a requirement file and those that it includes; addresses and options are left out."""
    text = setup.project.read_text(path)
    if text is None or depth > 5:
        return
    for number, raw in enumerate(text.replace("\\\n", " \n").split("\n"), 1):
        line = raw.strip()
        included = re.match(r"(?:-r|--requirement)[ =]?\s*(\S+)", line)
        if included:
            yield from requirement_lines(
                posixpath.normpath(posixpath.join(posixpath.dirname(path), included[1])), setup, depth + 1
            )
        found = NAME.match(line)
        if found is not None and not line.startswith("-") and "://" not in line and " @ " not in line:
            yield Line(path, number, found[1], found[3].partition(" --hash")[0].strip())


def lock_of(file: Dockerfile, setup: Setup) -> tuple[str, str]:
    """The lock beside a Dockerfile or at the root, and the tool that writes it; "" without one."""
    for folder in dict.fromkeys((posixpath.dirname(file.path), "")):
        for name, tool in LOCKS.items():
            path = posixpath.join(folder, name)
            if setup.project.exists(path):
                return path, tool
    return "", ""
