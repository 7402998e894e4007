"""pip's requirement files, read without running or fetching anything.

Format: https://pip.pypa.io/en/stable/reference/requirements-file-format/. Read are -r and -c (relative to the
file that names them), line continuations, comments, hashes, markers, extras, direct URLs, index options,
${VARIABLES}. Files are taken through ProjectFiles, so nothing outside the project is ever read.
"""

import posixpath
import re

import msgspec
from packaging.utils import canonicalize_name

from okamochi.errors import DetectionError, OkamochiError
from okamochi.model.standard_library import is_in_every_python, is_of_debians_pip
from okamochi.pypi.direct_references import URL, without_credentials
from okamochi.pypi.index_options import NOTHING_SAID, IndexOptions
from okamochi.pypi.manifests.package_facts import manifest_files
from okamochi.pypi.own_package import ITSELF, dependencies_of_itself, is_own_repository, own_facts
from okamochi.pypi.requirement_line import RequirementLine, bad_line, read_line
from okamochi.pypi.requirement_text import IGNORED, logical_lines, options_of
from okamochi.system.project_files import ProjectFiles, unreadable

__all__ = ["Requirements", "read_requirements"]

MOST_NESTED = 50


class Requirements(msgspec.Struct, frozen=True, kw_only=True):
    """All that the files ask for, in their order. `input_files` are sorted relative paths of every file read.
    `of_python` are lines that ask for what Python has itself; they are not among `lines`. `unread` are words
    behind an option, each with its place: pip takes no notice of them. `unlocked` are those of `lines` that a
    manifest has and the lock, which is older, has not.

    `itself` is the line that asks for the project's own package ("-e ."), if one does: its dependencies are
    among `lines`, but nothing is built; the code is imported from the source folder.
    """

    lines: tuple[RequirementLine, ...] = ()
    constraints: tuple[RequirementLine, ...] = ()
    input_files: tuple[str, ...] = ()
    indexes: IndexOptions = NOTHING_SAID
    itself: RequirementLine | None = None
    of_python: tuple[RequirementLine, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    unlocked: tuple[RequirementLine, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Normalized names that are asked for, whatever their markers say."""
        return frozenset(line.name for line in self.lines)

    def line_of(self, name: str) -> RequirementLine | None:
        """The first line that asks for a package or constrains it."""
        wanted = canonicalize_name(name)
        return next((line for line in (*self.lines, *self.constraints) if line.name == wanted), None)


def read_requirements(
    project: ProjectFiles, files: tuple[str, ...], *, constraint_files: tuple[str, ...] = ()
) -> Requirements:
    """Reads the files and all that they include.

    DetectionError for a line that is no requirement, a missing file, or one that lies outside the project;
    PlanError for what wheels cannot serve (VCS addresses, other local folders, source archives). All problems
    of all files are collected; the first makes the message, the others its details.
    """
    reading = _Reading(project)
    for path in files:
        reading.read_file(posixpath.normpath(path), constraining=False, asked_by="")
    for path in constraint_files:
        reading.read_file(posixpath.normpath(path), constraining=True, asked_by="")
    if reading.problems:
        raise _joined(reading.problems)
    needless = tuple(
        line
        for line in reading.lines
        if not line.place and (is_in_every_python(line.name) or is_of_debians_pip(line.specifier))
    )
    return Requirements(
        lines=tuple(line for line in reading.lines if line not in needless),
        constraints=tuple(reading.constraints),
        input_files=tuple(sorted(reading.files)),
        indexes=reading.indexes,
        itself=reading.itself,
        of_python=needless,
        unread=tuple(reading.unread),
    )


def _joined(problems: list[OkamochiError]) -> OkamochiError:
    first = problems[0]
    others = tuple(f"{problem.where}: {problem.message}" for problem in problems[1:])
    return type(first)(first.message, where=first.where, hint=first.hint, details=(*first.details, *others))


class _Place(msgspec.Struct, frozen=True):
    """Where a line stands; one that is `constraining` asks for nothing."""

    path: str
    line: int
    constraining: bool

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class _Reading(msgspec.Struct):
    """`way` holds the files that are being read, each with the line that asks for it."""

    project: ProjectFiles
    lines: list[RequirementLine] = msgspec.field(default_factory=list)
    constraints: list[RequirementLine] = msgspec.field(default_factory=list)
    files: set[str] = msgspec.field(default_factory=set)
    visited: set[tuple[str, bool]] = msgspec.field(default_factory=set)
    way: dict[str, str] = msgspec.field(default_factory=dict)
    indexes: IndexOptions = NOTHING_SAID
    itself: RequirementLine | None = None
    problems: list[OkamochiError] = msgspec.field(default_factory=list)
    unread: list[tuple[str, str]] = msgspec.field(default_factory=list)

    def read_file(self, path: str, *, constraining: bool, asked_by: str) -> None:
        self.require_no_circle(path, asked_by)
        if (path, constraining) in self.visited:
            return
        self.visited.add((path, constraining))
        try:
            text = self.text_of(path, asked_by)
        except OkamochiError as problem:
            self.problems.append(problem)
            return
        self.files.add(path)
        self.way[path] = asked_by
        for number, line in logical_lines(text):
            try:
                self.read_line(line, _Place(path, number, constraining))
            except OkamochiError as problem:
                self.problems.append(problem)
        del self.way[path]

    def require_no_circle(self, path: str, asked_by: str) -> None:
        """DetectionError for a file that includes itself, by whichever way: pip refuses it, too (a file that
        two others include is none). And for includes that nobody nests so deep."""
        if path in self.way:
            files = tuple(self.way)
            circle = (*(self.way[one] for one in files[files.index(path) + 1 :]), asked_by)
            raise DetectionError(
                f"{path} includes itself: {' -> '.join((*circle, path))}",
                where=asked_by,
                hint="remove one of these lines; what both files need goes into a third one that both "
                "include",
            )
        if len(self.way) >= MOST_NESTED:
            raise DetectionError(
                f"requirement files include each other more than {MOST_NESTED} deep",
                where=asked_by,
                hint="list the packages in fewer files",
            )

    def text_of(self, path: str, asked_by: str) -> str:
        if path.startswith("/") or (path.split("/")[0] == ".." and not self.project.exists(path)):
            raise DetectionError(
                f"{path} lies outside the project",
                where=asked_by or path,
                hint="copy the file into the project, or build where one checkout or workspace holds both",
            )
        text = self.project.read_text(path)
        if text is None and self.project.exists(path):
            raise unreadable(path)
        if text is None:
            raise DetectionError(
                f"there is no readable requirement file {path}",
                where=asked_by or path,
                hint="correct the name, or remove the line (links out of the project are not followed)",
            )
        if "\0" in text:
            raise DetectionError(
                f"{path} is no text in UTF-8: it holds NUL characters, as UTF-16 without its mark does",
                where=path,
                hint="save it as UTF-8; in PowerShell: pip freeze | Out-File -Encoding utf8 requirements.txt",
            )
        return text

    def read_line(self, line: str, place: _Place) -> None:
        if not line.startswith("-"):
            self.read_requirement(line, place)
            return
        for option, value in options_of(line, str(place)):
            if option.startswith("-"):
                self.read_option(option, value, place)
            else:
                self.unread.append((str(place), option))

    def read_option(self, option: str, value: str, place: _Place) -> None:
        match option:
            case "--requirement" | "--constraint":
                constraining = place.constraining or option == "--constraint"
                self.read_file(_included(value, place), constraining=constraining, asked_by=str(place))
            case "--editable":
                self.read_requirement(value, place)
            case "--index-url":
                self.add_indexes(IndexOptions(index_url=value))
            case "--extra-index-url":
                self.add_indexes(IndexOptions(extra_index_urls=(value,)))
            case "--find-links":
                self.add_indexes(IndexOptions(find_links=(self.find_links(value, place.path),)))
            case "--trusted-host":
                self.add_indexes(IndexOptions(trusted_hosts=(value,)))
            case "--no-index":
                self.add_indexes(IndexOptions(no_index=True))
            case "--pre":
                self.add_indexes(IndexOptions(prereleases=True))
            case _ if option not in IGNORED:
                raise bad_line(f"pip has no option {option} in requirement files", option, str(place))

    def add_indexes(self, options: IndexOptions) -> None:
        self.indexes = self.indexes.overruled_by(options)

    def find_links(self, value: str, path: str) -> str:
        """Relative to the file if such a folder exists there, else to the project's root: pip's order."""
        if URL.match(value) or value.startswith(("/", "~", "$")):
            return value
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), value))
        there = self.project.is_dir(beside) or self.project.exists(beside)
        return beside if there else posixpath.normpath(value)

    def read_requirement(self, line: str, place: _Place) -> None:
        itself = None if place.constraining else ITSELF.fullmatch(line)
        if itself is not None:
            self.read_itself(itself, place)
            return
        read = read_line(line, path=place.path, line=place.line, project=self.project)
        if place.constraining:
            self.constraints.append(read)
        elif is_own_repository(self.project, read):
            self.itself = read
        else:
            self.lines.append(read)

    def read_itself(self, found: re.Match[str], place: _Place) -> None:
        """The project's own dependencies are asked for; its code is imported from where it lies."""
        facts = own_facts(self.project, str(place))
        self.files.update(manifest_files(self.project))
        self.itself = RequirementLine(
            path=place.path, line=place.line, name=facts.normalized, specifier=found[0]
        )
        self.lines.extend(dependencies_of_itself(self.project, facts, found, str(place)))


def _included(value: str, place: _Place) -> str:
    if URL.match(value):
        raise DetectionError(
            f"the requirement file {without_credentials(value)} is on the network",
            where=str(place),
            hint="keep a copy of that file in the project: builds read only the project folder",
        )
    return posixpath.normpath(posixpath.join(posixpath.dirname(place.path), value.replace("\\", "/")))
