"""Debian packages that files of the project name for other platforms: Dockerfiles, lists of apt packages.

They are evidence: which ones the app can use is judged when its wheels are there.
"""

import re
from collections.abc import Iterator
from itertools import chain

from okamochi.containerfiles.dockerfile import Stage, dockerfile_stages, shipped
from okamochi.containerfiles.yaml_files import yaml_of
from okamochi.detect.files.platform_files import json_of, named_dockerfiles, render_services, toml
from okamochi.model.evidence import Decision
from okamochi.model.native import NAMES, NativeNeed, NeedKind
from okamochi.model.rendered_mark import text_by_people
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import items_of, table_of

__all__ = ["DOCKERFILES", "apt_packages", "line_with", "of_stage", "package_decisions", "stated_packages"]

DOCKERFILES = ("Dockerfile", "Containerfile", "docker/Dockerfile", "Dockerfile.prod")
# Streamlit's cloud and spaces of Hugging Face; the buildpacks of Heroku, Scalingo and others; Binder
LISTS = ("packages.txt", "Aptfile", "apt.txt")
INSTALL = regex(r"\b(?:apt(?:-get)?|aptitude)\s+(?:-\S+\s+)*install\s+([^;&|<>]+)")
REMOVE = regex(r"\b(?:apt(?:-get)?|aptitude)\s+(?:-\S+\s+)*(?:remove|purge|autoremove)\s+([^;&|<>]+)")
# their value is the next word
WITH_VALUE = frozenset({"-t", "--target-release", "-o", "-c", "-a"})
# "libpq5=15.3-1", "libpq5:amd64", "ffmpeg/bookworm-backports"
NAME = regex(r"([a-z0-9][a-z0-9+.-]+)(?:[:=/]\S*)?")
# of another kind of list, which only has the name: Python's requirements
REQUIREMENT = regex(r"[=<>~!]=|^-r\b|^--hash")
MOST = 100


def stated_packages(project: ProjectFiles) -> tuple[NativeNeed, ...]:
    """Each name once, where it is said first. Of a Dockerfile the stage counts that is shipped."""
    found: dict[str, NativeNeed] = {}
    for path, name, line in chain(of_dockerfiles(project), of_lists(project), of_builders(project)):
        if name not in found:
            found[name] = NativeNeed(
                kind=NeedKind.PACKAGE, names=(name,), path=path, line=line, reason=f"{NAMES}{name}"
            )
        if len(found) == MOST:
            break
    return tuple(found.values())


def package_decisions(needs: tuple[NativeNeed, ...]) -> tuple[Decision, ...]:
    """What is said of them before the archive was asked."""
    stated = [one for one in needs if one.kind is NeedKind.PACKAGE]
    if not stated:
        return ()
    files = ", ".join(dict.fromkeys(one.path for one in stated))
    names = ", ".join(one.names[0] for one in stated)
    summary = f"{files} names Debian packages; those that the app can use are added, with why: {names}"
    evidence = tuple(one.evidence for one in stated)
    return (Decision.detected("native.needs", summary, evidence),)


Named = tuple[str, str, int]


def of_dockerfiles(project: ProjectFiles) -> Iterator[Named]:
    for path in dict.fromkeys((*named_dockerfiles(project), *DOCKERFILES)):
        text = text_by_people(project, path) if project.exists(path) else None
        stages = dockerfile_stages(text or "")
        if stages:
            for name, line in of_stage(shipped(stages)):
                yield path, name, line_with(text or "", name, line)
            return


def of_stage(stage: Stage) -> Iterator[tuple[str, int]]:
    """What is left in it: not what a later step removes again."""
    named: dict[str, int] = {}
    for one in stage.all("RUN"):
        for name in (name for words in INSTALL.findall(one.rest) for name in apt_packages(words)):
            named.setdefault(name, one.line)
        for words in REMOVE.findall(one.rest):
            for name in apt_packages(words):
                named.pop(name, None)
    yield from named.items()


def apt_packages(words: str) -> Iterator[str]:
    """Names among the words of `apt-get install`; variables and files are none."""
    after = ""
    for word in words.replace("\\", " ").split():
        found = NAME.fullmatch(word.strip("\"'"))
        if found is not None and after not in WITH_VALUE and not word.startswith("-"):
            yield found[1]
        after = word


def of_lists(project: ProjectFiles) -> Iterator[Named]:
    for path in LISTS:
        text = project.read_text(path) or ""
        lines = [line.partition("#")[0].strip() for line in text.splitlines()]
        if any(REQUIREMENT.search(line) for line in lines):
            continue
        for number, line in enumerate(lines, 1):
            if not line.startswith(":") and "://" not in line:
                yield from ((path, name, number) for name in apt_packages(line))
    described = table_of(yaml_of(project.read_text("apt.yml") or "")).get("packages")
    yield from of_names(project, "apt.yml", described)


def of_builders(project: ProjectFiles) -> Iterator[Named]:
    """Of Nixpacks, Railpack and Render, where they name Debian packages."""
    phases = table_of(toml(project, "nixpacks.toml"), "phases")
    for phase in phases.values():
        yield from of_names(project, "nixpacks.toml", table_of(phase).get("aptPkgs"))
    path, tables = json_of(project, "railpack.json")
    yield from of_names(project, path, table_of(tables, "deploy").get("aptPackages"))
    for path, service in render_services(project):
        command = service.get("buildCommand")
        for words in INSTALL.findall(command) if isinstance(command, str) else ():
            yield from of_names(project, path, list(apt_packages(words)))


def of_names(project: ProjectFiles, path: str, listed: object) -> Iterator[Named]:
    text = project.read_text(path) or ""
    for one in items_of(listed):
        found = NAME.fullmatch(one) if isinstance(one, str) else None
        if found is not None:
            yield path, found[1], line_with(text, found[1], 1)


def line_with(text: str, name: str, start: int) -> int:
    """The first line from `start` on that has the name as a word of its own."""
    word = re.compile(rf"(?<![a-z0-9+.-]){re.escape(name)}(?![a-z0-9+-])")
    for number, line in enumerate(text.splitlines()[start - 1 :], start):
        if word.search(line.partition("#")[0]):
            return number
    return start
