"""A project's requirement files, and which of them is its own."""

import difflib
import re
from collections.abc import Iterator

from okamochi.detect.base import Detected
from okamochi.detect.packages.managers import WEB
from okamochi.model.evidence import Evidence
from okamochi.model.rendered_mark import text_by_people
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["DEVELOPMENT", "Ranked", "requirement_files"]

PRODUCTION = ("prod", "production", "prd", "deploy", "live", "release")
DEVELOPMENT = regex(
    r"(^|[-_./])(dev|develop|development|test|tests|testing|lint|docs?(?![a-z])|ci|local|typing)"
)

COMMENT = regex(r"(^|\s)#.*")
LINE = regex(r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(\[[\w\s,.-]+\])?\s*([=<>!~]=?=?[^;]*)?(;.*)?")
NEARLY = 0.75

Ranked = Detected[tuple[tuple[int, int, str], str]]


def requirement_files(project: ProjectFiles) -> tuple[Ranked, ...]:
    """Requirement files with their rank (lower is better): ((rank, depth, path), path). Where there is none,
    the list that somebody wrote under another name: requirments.txt."""
    return (*_named_so(project),) or (*_misnamed(project),)


def _named_so(project: ProjectFiles) -> tuple[Ranked, ...]:
    found: list[Ranked] = []
    in_docker = dict(_installed_by_dockerfile(project))
    for path in project.files("**/*.*"):
        folders, _, name = path.rpartition("/")
        stem, _, suffix = name.rpartition(".")
        if path not in in_docker and not _is_named_so(folders.lower(), stem.lower(), suffix):
            continue
        if DEVELOPMENT.search(path.lower()):
            continue
        rank, reason = _rank(path, folders, stem.lower(), suffix, project)
        evidence: tuple[Evidence, ...] = (Evidence(path=path, reason=reason),)
        if path in in_docker and path != "requirements.txt":
            rank, evidence = min(rank, 2), (in_docker[path], *evidence)
        found.append(Detected(((rank, path.count("/"), path), path), evidence))
    return tuple(found)


def _is_named_so(folder: str, stem: str, suffix: str) -> bool:
    if suffix not in ("txt", "in", "pip") or folder not in ("", "requirements", "reqs", "deps"):
        return False
    return bool(folder) or "requirement" in stem or "reqs" in stem or stem == "req"


def _misnamed(project: ProjectFiles) -> Iterator[Ranked]:
    """Texts at the root that hold requirements, a web framework among them, and nothing else. Versions tell
    them from lists of words; a name that is nearly the usual one needs none."""
    for path in project.files("*.txt"):
        stem = path.removesuffix(".txt").lower()
        text = "" if DEVELOPMENT.search(path.lower()) else text_by_people(project, path) or ""
        lines = [line for one in text.splitlines() if (line := COMMENT.sub("", one).strip())]
        asked = [LINE.fullmatch(line) for line in lines]
        nearly = difflib.SequenceMatcher(None, stem, "requirements").ratio() >= NEARLY
        if not lines or not all(asked) or not (nearly or any("=" in line for line in lines)):
            continue
        if any(one is not None and WEB.fullmatch(one["name"]) for one in asked):
            yield Detected(((9, 0, path), path), (Evidence(path=path, reason="holds requirements alone"),))


def _rank(path: str, folder: str, stem: str, suffix: str, project: ProjectFiles) -> tuple[int, str]:
    production = any(re.search(rf"(^|[-_.]){word}$", stem) for word in PRODUCTION)
    late = 10 if suffix == "in" else 0
    if production and re.search(r"^\s*-r\s*(\.\./)?requirements\.txt", project.read_text(path) or "", re.M):
        return 0, "for production; includes requirements.txt"
    if path == "requirements.txt":
        return 1, "the usual requirement file"
    if production:
        return 3 + late, "named for production"
    if folder and stem in ("base", "requirements", "common", "main", "core", "app"):
        return 4 + late, "the base of the requirements folder"
    if stem in ("requirements", "reqs", "req"):
        return 5 + late, "requirement file that is compiled to nothing else"
    return 6 + late, "a requirement file"


def _installed_by_dockerfile(project: ProjectFiles) -> Iterator[tuple[str, Evidence]]:
    text = text_by_people(project, "Dockerfile") or ""
    for number, line in enumerate(text.splitlines(), start=1):
        for match in re.finditer(r"(?:-r|--requirement)[ =]?([\w./-]+\.(?:txt|in))", line):
            path = match.group(1).removeprefix("./").removeprefix("/app/").lstrip("/")
            yield path, Evidence(path="Dockerfile", line=number, reason=f"installs {path}")
