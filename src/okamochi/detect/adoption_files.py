"""Files beside the Dockerfile and the compose file: what stays out of the image, other compose files."""

import re
from collections.abc import Iterator

from okamochi.containerfiles.yaml_files import yaml_of
from okamochi.detect.adoption_rows import Row, Verdict
from okamochi.model.rendered_mark import text_by_people
from okamochi.system.project_files import ProjectFiles

__all__ = ["devcontainer_rows", "ignore_rows", "other_compose_rows"]

IGNORE = ".dockerignore"
DEVCONTAINER = ".devcontainer/devcontainer.json"
# Compose itself merges these into the file beside them
MERGED = re.compile(r"(?:docker-)?compose\.override\.ya?ml")
DEVELOPMENT = re.compile(r"FLASK_DEBUG|\bflask run\b|runserver|--reload\b|--debug\b|target: dev|debugpy")


def ignore_rows(project: ProjectFiles, *, copies_all: bool) -> Iterator[Row]:
    """A pattern without a slash holds at the root alone, unlike in .gitignore:
    https://docs.docker.com/build/concepts/context/#dockerignore-files"""
    text = text_by_people(project, IGNORE) if project.exists(IGNORE) else ""
    if text is None or not copies_all:
        return
    if not text:
        why = ".git, .env and what tools leave would be in the image"
        yield Row(Verdict.CHANGE, IGNORE, IGNORE, "is not there", "written from the plan", why)
        return
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    shallow = [
        (number, line)
        for number, line in lines
        if line and not line.startswith(("#", "!", "/", "**")) and "/" not in line.rstrip("/")
        if re.search(r"^\*|env|cache|sqlite|\.db", line)
    ]
    if shallow:
        names = ", ".join(line for _, line in shallow[:4])
        why = "there a name without **/ holds at the top only: a nested one would be in the image"
        place = f"{IGNORE}:{shallow[0][0]}"
        yield Row(Verdict.CHANGE, IGNORE, place, f"{names}, at the top", "at every depth", why)


def other_compose_rows(project: ProjectFiles, taken: str) -> Iterator[Row]:
    """Files that are merged over the one that was looked at, or used in its place."""
    names = {path for kind in ("yml", "yaml") for path in project.files(f"*compose*.{kind}")}
    for path in sorted(names - {taken}):
        text = text_by_people(project, path)
        if not text or not isinstance(yaml_of(text), dict):
            continue
        if DEVELOPMENT.search(text) or re.search(r"dev|local|debug", path):
            ours, why = (
                "compose.dev.yaml",
                "okamochi dev starts it: reload, your files, a debugger on request",
            )
        else:
            ours, why = "not looked at", "one plan for every place; what differs comes by --env-file"
        if MERGED.fullmatch(path):
            why += "; remove it beside a rendered compose.yaml: docker compose would merge it into that"
        yield Row(Verdict.CHANGE, "file", path, "changes the other file", ours, why)


def devcontainer_rows(project: ProjectFiles) -> Iterator[Row]:
    """One of the project's own, beside what `render devcontainer` writes."""
    text = text_by_people(project, DEVCONTAINER) if project.exists(DEVCONTAINER) else None
    if not text:
        return
    if '"remoteUser"' not in text:
        why = "what is made inside belongs to root on Linux"
        yield Row(Verdict.CHANGE, "user", DEVCONTAINER, "says none", "developer, with your number", why)
    if found := re.search(r"pipenv install(?: --dev)?|poetry update|pip install -U", text):
        why = "it may change the lock, or take other versions than it"
        ours = "installs what the lock says"
        yield Row(Verdict.CHANGE, "command", DEVCONTAINER, found[0], ours, why)
    if '"extensions"' in text:
        why = "those of a person come with dev.containers.defaultExtensions in VS Code's own settings"
        yield Row(Verdict.CHANGE, "extensions", DEVCONTAINER, "names some", "Python, debugger, linter", why)
