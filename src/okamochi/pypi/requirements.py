"""pip's requirement files, read without running or fetching anything.

Format: https://pip.pypa.io/en/stable/reference/requirements-file-format/. Read are -r and -c (relative to the
file that names them), line continuations, comments, hashes, markers, extras, direct URLs, index options,
${VARIABLES}. Files are taken through ProjectFiles, so nothing outside the project is ever read.
"""

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from functools import lru_cache

import msgspec
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from okamochi.errors import DetectionError, OkamochiError, PlanError
from okamochi.model.standard_library import is_in_every_python
from okamochi.pypi.direct_references import is_git, without_credentials
from okamochi.pypi.index_options import NOTHING_SAID, IndexOptions
from okamochi.pypi.manifests.named_sources import named_sources, with_source
from okamochi.pypi.manifests.package_facts import manifest_files, read_package
from okamochi.pypi.requirement_line import URL, RequirementLine, bad_line, read_line
from okamochi.system.data_text import NoDataError, toml_of
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles, unreadable

__all__ = ["Requirements", "logical_lines", "read_requirements"]

COMMENT = regex(r"(?:^|(?<=\s))#.*$")
ITSELF = regex(r"(?:\.|\./|file:\.)(?:\[(?P<extras>[^\]]*)\])?(?:\s*;\s*(?P<marker>.+))?")
IGNORED_FLAGS = {"--require-hashes", "--prefer-binary", "--no-use-wheel", "--use-wheel"}
IGNORED_OPTIONS = {"--only-binary", "--no-binary", "--use-feature", "--uploaded-prior-to"}
VALUE_OPTIONS = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-i": "--index-url",
    "-f": "--find-links",
    "--pypi-url": "--index-url",
}
MOST_NESTED = 50
WITH_VALUE = {
    "--requirement",
    "--constraint",
    "--editable",
    "--index-url",
    "--extra-index-url",
    "--find-links",
    "--trusted-host",
    *IGNORED_OPTIONS,
}


class Requirements(msgspec.Struct, frozen=True, kw_only=True):
    """All that the files ask for, in their order. `input_files` are sorted relative paths of every file read.
    `of_python` are lines that ask for what Python has itself; they are not among `lines`. `unread` are words
    behind an option, each with its place: pip takes no notice of them.

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

    @property
    def names(self) -> frozenset[str]:
        """Normalized names that are asked for, whatever their markers say."""
        return frozenset(line.name for line in self.lines)

    def line_of(self, name: str) -> RequirementLine | None:
        """The first line that asks for a package or constrains it."""
        wanted = canonicalize_name(name)
        return next((line for line in (*self.lines, *self.constraints) if line.name == wanted), None)


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
        _read_file(reading, posixpath.normpath(path), constraining=False, asked_by="")
    for path in constraint_files:
        _read_file(reading, posixpath.normpath(path), constraining=True, asked_by="")
    if reading.problems:
        raise _joined(reading.problems)
    needless = tuple(line for line in reading.lines if not line.place and is_in_every_python(line.name))
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


def _read_file(reading: _Reading, path: str, *, constraining: bool, asked_by: str) -> None:
    _require_no_circle(reading.way, path, asked_by)
    if (path, constraining) in reading.visited:
        return
    reading.visited.add((path, constraining))
    if path.startswith("/") or (path.split("/")[0] == ".." and not reading.project.exists(path)):
        reading.problems.append(
            DetectionError(
                f"{path} lies outside the project",
                where=asked_by or path,
                hint="copy the file into the project, or build where one checkout or workspace holds both",
            )
        )
        return
    text = reading.project.read_text(path)
    if text is None and reading.project.exists(path):
        reading.problems.append(unreadable(path))
        return
    if text is None:
        reading.problems.append(
            DetectionError(
                f"there is no readable requirement file {path}",
                where=asked_by or path,
                hint="correct the name, or remove the line (links out of the project are not followed)",
            )
        )
        return
    if "\0" in text:
        reading.problems.append(
            DetectionError(
                f"{path} is no text in UTF-8: it holds NUL characters, as UTF-16 without its mark does",
                where=path,
                hint="save it as UTF-8; in PowerShell: pip freeze | Out-File -Encoding utf8 requirements.txt",
            )
        )
        return
    reading.files.add(path)
    reading.way[path] = asked_by
    for number, line in logical_lines(text):
        try:
            _read_line(reading, line, path=path, number=number, constraining=constraining)
        except OkamochiError as problem:
            reading.problems.append(problem)
    del reading.way[path]


def _require_no_circle(way: Mapping[str, str], path: str, asked_by: str) -> None:
    """DetectionError for a file that includes itself, by whichever way: pip refuses it, too (a file that two
    others include is none). And for includes that nobody nests so deep."""
    if path in way:
        files = tuple(way)
        circle = (*(way[one] for one in files[files.index(path) + 1 :]), asked_by)
        raise DetectionError(
            f"{path} includes itself: {' -> '.join((*circle, path))}",
            where=asked_by,
            hint="remove one of these lines; what both files need goes into a third one that both include",
        )
    if len(way) >= MOST_NESTED:
        raise DetectionError(
            f"requirement files include each other more than {MOST_NESTED} deep",
            where=asked_by,
            hint="list the packages in fewer files",
        )


@lru_cache(16)
def logical_lines(text: str) -> tuple[tuple[int, str], ...]:
    """(number of the first physical line, text) with continuations joined and comments removed."""
    return tuple(_joined_lines(text))


def _joined_lines(text: str) -> Iterator[tuple[int, str]]:
    held, start = "", 0
    for number, raw in enumerate(text.splitlines(), start=1):
        start = start if held else number
        comment_only = raw.lstrip().startswith("#")
        if raw.endswith("\\") and not comment_only:
            held += raw[:-1] + " "
            continue
        # A comment line ends a continuation, as in pip.
        line = COMMENT.sub("", held + (" " + raw if comment_only else raw)).strip()
        held = ""
        if line:
            yield start, line
    if last := COMMENT.sub("", held).strip():
        yield start, last


def _read_line(reading: _Reading, line: str, *, path: str, number: int, constraining: bool) -> None:
    if not line.startswith("-"):
        _read_requirement(reading, line, path=path, number=number, constraining=constraining)
        return
    for option, value in _options(line, where=f"{path}:{number}"):
        if not option.startswith("-"):
            reading.unread.append((f"{path}:{number}", option))
            continue
        _read_option(reading, option, value, path=path, number=number, constraining=constraining)


def _options(line: str, *, where: str) -> Iterator[tuple[str, str]]:
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if word[:2] in VALUE_OPTIONS and not word.startswith("--") and len(word) > 2:
            name, equals, value = word[:2], "=", word[2:].removeprefix("=")
        name = VALUE_OPTIONS.get(name, name)
        if name in WITH_VALUE and not equals:
            value = words.pop(0) if words else ""
        if name in WITH_VALUE and not value:
            raise bad_line(f"{name} lacks its value", line, where)
        yield name, value


def _read_option(
    reading: _Reading, option: str, value: str, *, path: str, number: int, constraining: bool
) -> None:
    where = f"{path}:{number}"
    match option:
        case "--requirement" | "--constraint":
            constrains = constraining or option == "--constraint"
            _read_file(reading, _included(value, path, where), constraining=constrains, asked_by=where)
        case "--editable":
            _read_requirement(reading, value, path=path, number=number, constraining=constraining)
        case "--index-url":
            _add_indexes(reading, IndexOptions(index_url=value))
        case "--extra-index-url":
            _add_indexes(reading, IndexOptions(extra_index_urls=(value,)))
        case "--find-links":
            _add_indexes(reading, IndexOptions(find_links=(_find_links(reading.project, value, path),)))
        case "--trusted-host":
            _add_indexes(reading, IndexOptions(trusted_hosts=(value,)))
        case "--no-index":
            _add_indexes(reading, IndexOptions(no_index=True))
        case "--pre":
            _add_indexes(reading, IndexOptions(prereleases=True))
        case _ if option in IGNORED_FLAGS | IGNORED_OPTIONS:
            return
        case _:
            raise bad_line(f"pip has no option {option} in requirement files", option, where)


def _add_indexes(reading: _Reading, options: IndexOptions) -> None:
    reading.indexes = reading.indexes.overruled_by(options)


def _included(value: str, path: str, where: str) -> str:
    if URL.match(value):
        raise DetectionError(
            f"the requirement file {without_credentials(value)} is on the network",
            where=where,
            hint="keep a copy of that file in the project: builds read only the project folder",
        )
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), value.replace("\\", "/")))


def _find_links(project: ProjectFiles, value: str, path: str) -> str:
    """Relative to the file if such a folder exists there, else to the project's root: pip's order."""
    if URL.match(value) or value.startswith(("/", "~", "$")):
        return value
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), value))
    return beside if project.is_dir(beside) or project.exists(beside) else posixpath.normpath(value)


def _read_requirement(reading: _Reading, line: str, *, path: str, number: int, constraining: bool) -> None:
    itself = ITSELF.fullmatch(line)
    if itself is not None and not constraining:
        _read_itself(reading, itself, path=path, number=number)
        return
    read = read_line(line, path=path, line=number, project=reading.project)
    if not constraining and _is_own_repository(reading, read):
        reading.itself = read
        return
    (reading.constraints if constraining else reading.lines).append(read)


def _is_own_repository(reading: _Reading, line: RequirementLine) -> bool:
    """`-e git+https://.../shop.git@COMMIT#egg=shop`, as pip freeze tells of a project that was installed from
    its own folder: all that it depends on stands beside that line."""
    if not is_git(line.place):
        return False
    facts = read_package(reading.project)
    return facts is not None and facts.normalized == line.name


def _read_itself(reading: _Reading, found: re.Match[str], *, path: str, number: int) -> None:
    """`-e .`: the project's own dependencies are asked for; its code is imported from where it lies."""
    where = f"{path}:{number}"
    _require_toml(reading.project.read_text("pyproject.toml") or "", where)
    facts = read_package(reading.project)
    if facts is None or facts.dependencies is None:
        raise PlanError(
            "the project itself is asked for, but its files do not list its dependencies",
            where=where,
            hint="write them into [project] dependencies of pyproject.toml; setup.py is never executed",
        )
    text = reading.project.read_text(facts.manifest) or ""
    reading.files.update(manifest_files(reading.project))
    reading.itself = RequirementLine(path=path, line=number, name=facts.normalized, specifier=found[0])
    extras = [extra.strip() for extra in (found["extras"] or "").split(",") if extra.strip()]
    optional = {canonicalize_name(extra): listed for extra, listed in facts.extras}
    missing = [extra for extra in extras if canonicalize_name(extra) not in optional]
    if missing:
        raise DetectionError(
            f"{facts.manifest} defines no extra {missing[0]!r}",
            where=where,
            hint="correct the extra's name; project.optional-dependencies lists those that exist",
        )
    wanted = [*facts.dependencies, *(item for e in extras for item in optional[canonicalize_name(e)])]
    sources = named_sources(reading.project)
    for specifier in wanted:
        marked = _marked(with_source(specifier, sources), found["marker"], where)
        line = read_line(marked, path=facts.manifest, line=0, project=reading.project)
        reading.lines.append(_placed(line, text, specifier))


def _require_toml(text: str, where: str) -> None:
    try:
        toml_of(text)
    except NoDataError as problem:
        raise DetectionError(
            f"pyproject.toml is no valid TOML: {problem}", where="pyproject.toml", hint=f"needed by {where}"
        ) from None


def _marked(specifier: str, marker: str | None, where: str) -> str:
    if not marker:
        return specifier
    try:
        own = Requirement(specifier)
        own.marker = Marker(f"({own.marker}) and ({marker})" if own.marker else marker)
    except (ValueError, RecursionError) as problem:
        raise bad_line("this is no valid marker", f"{marker} ({problem})", where) from None
    return str(own)


def _placed(line: RequirementLine, text: str, specifier: str) -> RequirementLine:
    """With the line of pyproject.toml on which the specifier stands."""
    for number, physical in enumerate(text.splitlines(), start=1):
        if f'"{specifier}"' in physical or f"'{specifier}'" in physical:
            return RequirementLine(
                path=line.path, line=number, name=line.name, specifier=line.specifier, hashes=line.hashes
            )
    return line
