"""What a project says about its Python: ranges that must hold, and single versions that files name."""

import ast
import posixpath
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from packaging.specifiers import SpecifierSet

from okamochi.detect.base import Detected
from okamochi.detect.files.platform_files import named_dockerfiles
from okamochi.detect.packages.pyproject import PATH as PYPROJECT
from okamochi.detect.packages.pyproject import Pyproject
from okamochi.detect.source.syntax import walk
from okamochi.model.evidence import Evidence
from okamochi.model.rendered_mark import text_by_people
from okamochi.pypi.manifests.setuptools_files import setup_cfg_sections
from okamochi.system.data_text import NoDataError, toml_of
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.python_text import syntax_tree
from okamochi.system.tables import table_of

__all__ = ["Pin", "Range", "python_pins", "python_ranges", "unread_statements"]

NO_VERSION = regex(r"\d{10}")  # which nobody counts to, and Python turns into no number when it is long
MOST_PATCHES = 40
MOST_SHOWN = 40
FROM_LINE = regex(r"FROM\s+(?:--\S+\s+)*(?:\S+/)?python:(\d+\.\d+).*", re.IGNORECASE)
ARGUMENT = regex(r"ARG\s+(\w+)=(\S+)", re.IGNORECASE)
VARIABLE = regex(r"\$(?:(\w+)|\{(\w+)(?::-([^${}]*))?\})")
TOOL_LINE = regex(r"python\s+(\d+\.\d+).*")
CONDA_LINE = regex(r"""\s*-\s*["']?(?:[\w.-]+::)?python\s*([=<>!~][^"'#\s]*)""")
PINNED = regex(r"(?:c?python-?|cpython@)?(\d+\.\d+)(?:\.\d+)?\S*")
ANY_WORD = regex(r"(\S+).*")
CARET_OR_TILDE = regex(r"([\^~])\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?")


class Pin(msgspec.Struct, frozen=True):
    """One version that a file names: "3.11". `weak` for files that are often years out of date."""

    version: str
    weak: bool


class Range(msgspec.Struct, frozen=True):
    """`choices` are sets of specifiers of which one must hold; `text` is how the project writes it."""

    text: str
    choices: tuple[SpecifierSet, ...]

    def admits(self, version: str) -> bool:
        """Whether some release of "3.13" satisfies it."""
        releases = [f"{version}.{patch}" for patch in range(MOST_PATCHES)]
        return any(one.contains(release) for one in self.choices for release in releases)


def python_ranges(project: ProjectFiles, pyproject: Pyproject) -> tuple[Detected[Range], ...]:
    """requires-python of pyproject.toml, python_requires of setup.cfg and setup.py, Poetry's and conda's
    constraints; what cannot be read is left out."""
    found: list[Detected[Range]] = []
    for path, line, text in _range_texts(project, pyproject):
        choices = _choices(text)
        if choices:
            evidence = Evidence(path=path, line=line, reason=f"requires Python {text}")
            found.append(Detected(Range(text, choices), (evidence,)))
    return tuple(found)


def unread_statements(project: ProjectFiles, pyproject: Pyproject, folder: str = "") -> tuple[Evidence, ...]:
    """Ranges and pins whose text names no version: requires-python = "three", pypy3.10 in .python-version."""
    found = [
        (path, line, text)
        for path, line, text in _range_texts(project, pyproject)
        if text.strip() not in ("", "*") and not _choices(text)
    ]
    for name in (".python-version", "runtime.txt"):
        path = posixpath.join(folder, name)
        if not any(_first_line(project, path, PINNED)):
            found += list(_first_line(project, path, ANY_WORD))[:1]
    return tuple(
        Evidence(path=path, line=line, reason=f"{text[:MOST_SHOWN]!r} names no version of CPython")
        for path, line, text in found
    )


def _range_texts(project: ProjectFiles, pyproject: Pyproject) -> tuple[tuple[str, int, str], ...]:
    return (
        (PYPROJECT, pyproject.line_of("requires-python"), pyproject.string("requires-python")),
        *_poetry(pyproject),
        *_setup_cfg(project),
        *_setup_py(project),
        *((path, line, text) for path, line, text in _conda(project) if not _is_pin(text)),
    )


def python_pins(project: ProjectFiles, folder: str = "") -> tuple[Detected[Pin], ...]:
    """Versions that files name, those that tools obey first: .python-version, .tool-versions, Pipfile,
    environment.yml; then runtime.txt and the Dockerfile's base, which nobody runs while developing. Where
    none does, those beside the app in its `folder`; then Dockerfiles that a compose file names."""
    beside = _pins(project, "") or (_pins(project, folder) if folder else ())
    return beside or tuple(_of_named(project))


def _pins(project: ProjectFiles, folder: str) -> tuple[Detected[Pin], ...]:
    named = (
        *((*one, False) for one in _first_line(project, posixpath.join(folder, ".python-version"), PINNED)),
        *((*one, False) for one in _first_line(project, posixpath.join(folder, ".tool-versions"), TOOL_LINE)),
        *((*one, False) for one in (_pipfile(project) if not folder else ())),
        *(
            (path, line, text.lstrip("=").removesuffix(".*"), False)
            for path, line, text in (_conda(project) if not folder else ())
            if _is_pin(text)
        ),
        *((*one, True) for one in _first_line(project, posixpath.join(folder, "runtime.txt"), PINNED)),
        *((*one, True) for one in _from_line(project, posixpath.join(folder, "Dockerfile"))),
    )
    found: list[Detected[Pin]] = []
    for path, line, text, weak in named:
        match = re.match(r"\d+\.\d+", text)
        if match is not None:
            evidence = Evidence(path=path, line=line, reason=f"names Python {match[0]}")
            found.append(Detected(Pin(match[0], weak), (evidence,)))
    return tuple(found)


def _of_named(project: ProjectFiles) -> Iterator[Detected[Pin]]:
    for named in dict.fromkeys(named_dockerfiles(project)):
        for path, line, text in _from_line(project, named):
            match = re.match(r"\d+\.\d+", text)
            if match is not None:
                evidence = Evidence(path=path, line=line, reason=f"names Python {match[0]}")
                yield Detected(Pin(match[0], True), (evidence,))


def _choices(text: str) -> tuple[SpecifierSet, ...]:
    """A range in PEP 440's or Poetry's words; () when it is neither or says nothing."""
    if not text.strip() or text.strip() == "*" or NO_VERSION.search(text):
        return ()
    try:
        return tuple(SpecifierSet(_pep440(one)) for one in re.split(r"\|\|?", text))
    except ValueError:
        return ()


def _pep440(text: str) -> str:
    """Poetry's "^3.8", "~3.9", "3.9" as specifiers: https://python-poetry.org/docs/dependency-specification/"""
    parts = [part for part in re.split(r"\s*,\s*|(?<=[\d*])\s+", text.strip()) if part]
    return ",".join(_one_specifier(part) for part in parts)


def _one_specifier(text: str) -> str:
    found = CARET_OR_TILDE.fullmatch(text)
    if found is None:
        bare = re.fullmatch(r"=?\s*(\d+(?:\.\d+)?)(\.\*)?", text)
        return f"=={bare[1]}.*" if bare else text
    sign, major, minor, patch = found.groups()
    lowest = ".".join(number for number in (major, minor, patch) if number is not None)
    if sign == "~" and minor is not None:
        return f">={lowest},<{major}.{int(minor) + 1}"
    return f">={lowest},<{int(major) + 1}"


def _is_pin(text: str) -> bool:
    return re.fullmatch(r"==?\d+\.\d+[\d.*]*", text) is not None


def _from_line(project: ProjectFiles, path: str) -> Iterator[tuple[str, int, str]]:
    """Of the first base that is Python's; what ARG says before it is put in: python:${VERSION}-slim."""
    known: dict[str, str] = {}
    for number, line in enumerate((text_by_people(project, path) or "").splitlines(), start=1):
        text = line.split("#")[0].strip()
        argument = ARGUMENT.fullmatch(text)
        if argument is not None:
            known[argument[1]] = argument[2].strip("\"'")
            continue
        found = FROM_LINE.fullmatch(VARIABLE.sub(lambda one: known.get(one[1] or one[2], one[3] or ""), text))
        if found is not None:
            yield path, number, found[1]
            return


def _first_line(project: ProjectFiles, path: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, int, str]]:
    for number, line in enumerate((text_by_people(project, path) or "").splitlines(), start=1):
        found = pattern.fullmatch(line.split("#")[0].strip())
        if found is not None:
            yield path, number, found[1]
            return


def _pipfile(project: ProjectFiles) -> Iterator[tuple[str, int, str]]:
    text = project.read_text("Pipfile") or ""
    requires = _tables(text).get("requires")
    if not isinstance(requires, dict):
        return
    for key in ("python_full_version", "python_version"):
        value = requires.get(key)
        if isinstance(value, str):
            yield "Pipfile", _line_of(text, key), value
            return


def _poetry(pyproject: Pyproject) -> Iterator[tuple[str, int, str]]:
    wanted = table_of(pyproject.tool, "poetry", "dependencies").get("python")
    if isinstance(wanted, str):
        yield PYPROJECT, pyproject.line_of("python"), wanted


def _conda(project: ProjectFiles) -> Iterator[tuple[str, int, str]]:
    for path in ("environment.yml", "environment.yaml"):
        for number, line in enumerate((project.read_text(path) or "").splitlines(), start=1):
            found = CONDA_LINE.match(line)
            if found is not None:
                yield path, number, found[1]
                return


def _tables(text: str) -> dict[str, Any]:
    try:
        return toml_of(text)
    except NoDataError:
        return {}


def _line_of(text: str, key: str) -> int:
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if re.match(rf"\s*{key}\s*=", line)), 0)


def _setup_cfg(project: ProjectFiles) -> Iterator[tuple[str, int, str]]:
    text = project.read_text("setup.cfg")
    if not text:
        return
    wanted = setup_cfg_sections(text).get("options", {}).get("python_requires", "")
    if wanted:
        yield "setup.cfg", _line_of(text, "python_requires"), wanted


def _setup_py(project: ProjectFiles) -> Iterator[tuple[str, int, str]]:
    tree = syntax_tree(project.read_text("setup.py") or "")
    for node in walk(tree) if tree is not None else ():
        match node:
            case ast.keyword(arg="python_requires", value=ast.Constant(value=str(wanted)) as value):
                yield "setup.py", value.lineno, wanted
            case _:
                pass
