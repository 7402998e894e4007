"""One line of requirements: a dependency specifier (PEP 508), with its hashes."""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from okamochi.errors import DetectionError, PlanError
from okamochi.pypi.direct_references import (
    URL,
    VCS,
    is_archive,
    is_git,
    named,
    plain_place,
    wheel_name,
    without_credentials,
)
from okamochi.system.patterns import regex
from okamochi.system.project_files import MemoryProject, ProjectFiles

__all__ = ["ADDED", "RequirementLine", "bad_line", "expanded", "read_line", "requirement_of"]

ADDED = "added by okamochi"
"""The path of a line that no file of the project has."""
VARIABLE = regex(r"\$\{([A-Z0-9_]+)\}")
# of `pip list`: a table
LISTED = regex(r"[A-Za-z0-9][A-Za-z0-9._-]*[ \t]+v?\d[\w.+!-]*|Package[ \t]+Version")
LINE_OPTION = regex(r"(?<!\s)\s+(?=--?[A-Za-z][A-Za-z-]*(?:[=\s]|$))")
HASH = regex(r"--hash[=\s]\s*(\S+)")
NO_FILES = MemoryProject({})


class RequirementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One dependency specifier (PEP 508) and where it stands; `line` counts from 1.

    `specifier` still holds its ${VARIABLES}, and places in the form of `direct_references`; `hashes` are
    "sha256:…" as written. `name` is normalized.
    """

    path: str
    line: int
    name: str
    specifier: str
    hashes: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path

    @property
    def place(self) -> str:
        """The address or folder that the line names; "" when an index has it."""
        try:
            return _parsed(self.specifier).url or ""
        except (ValueError, RecursionError):  # a variable that only the host can fill
            return ""


def requirement_of(specifier: str, *, path: str, line: int = 0) -> RequirementLine:
    """A dependency specifier from elsewhere (pyproject.toml, okamochi's own additions) in the same form. It
    is one line: what follows would be options of its own to whoever reads them."""
    if len(specifier.strip().splitlines()) > 1:
        where = f"{path}:{line}" if line else path
        raise bad_line("this is no dependency specifier: it has several lines", specifier, where)
    return read_line(specifier, path=path, line=line)


def expanded(text: str, environ: Mapping[str, str]) -> str:
    """`text` with ${NAME} replaced, as pip does: only braces and capitals, unset names stay as they are."""
    return VARIABLE.sub(lambda found: environ.get(found[1], found[0]), text)


def read_line(text: str, *, path: str, line: int, project: ProjectFiles = NO_FILES) -> RequirementLine:
    """A line of a requirement file, with its options; places in it count from `path` in the project.

    DetectionError for what is no requirement, PlanError for a place that nothing can be had from."""
    where = f"{path}:{line}" if line else path
    specifier, *options = LINE_OPTION.split(text.strip(), maxsplit=1)
    hashes = tuple(sorted(set(HASH.findall(options[0])))) if options else ()
    try:
        specifier = named(specifier.strip(), project, path, where)
        requirement = _parsed(VARIABLE.sub("VARIABLE", specifier))
        if requirement.url is not None:
            specifier = _placed_well(Requirement(specifier), specifier, where)
    except (ValueError, RecursionError) as problem:
        if LISTED.fullmatch(specifier) is not None:
            raise DetectionError(
                "a name and a version side by side are what `pip list` prints, and no requirement",
                where=where,
                hint="write the file with pip freeze, which prints name==version",
                details=(specifier,),
            ) from None
        reason = str(problem).splitlines()[0]
        raise bad_line(f"this is no dependency specifier: {reason}", specifier, where) from None
    return RequirementLine(
        path=path, line=line, name=canonicalize_name(requirement.name), specifier=specifier, hashes=hashes
    )


@lru_cache(2000)
def _parsed(specifier: str) -> Requirement:
    """To be looked at only: planning reads a file several times."""
    return Requirement(specifier)


def _placed_well(requirement: Requirement, specifier: str, where: str) -> str:
    """The specifier with its place as okamochi writes it. PlanError where nothing can be had."""
    url = str(requirement.url)
    if VCS.match(url) and not is_git(url):
        raise _from_source(f"{requirement.name} @ {url}", "a version control address", where)
    if url.startswith("file:") or not URL.match(url):
        place = plain_place(url, where)
        return specifier.replace(url, f"file:{quote(place, safe='/.-_')}", 1)
    if not (is_git(url) or wheel_name(url) or is_archive(url)):
        raise _from_source(f"{requirement.name} @ {url}", "something else than a wheel or an archive", where)
    return specifier


def bad_line(what: str, text: str, where: str) -> DetectionError:
    return DetectionError(
        what,
        where=where,
        hint="correct the line; the format is pip's (name[extra]==version; marker --hash=sha256:…)",
        details=(without_credentials(text)[:200],),
    )


def _from_source(text: str, kind: str, where: str) -> PlanError:
    return PlanError(
        f"{kind} would have to be built from source: {without_credentials(text)[:160]}",
        where=where,
        hint="git addresses, archives and folders of the project are built; else build the wheel, put it "
        "into a folder or an index of yours, and ask for it by name (--find-links ./wheels serves)",
    )
