"""Files beside the Dockerfile and the compose file: other compose files, a devcontainer."""

import re
from collections.abc import Iterator

from okamochi.containerfiles.desk import is_desk_path
from okamochi.containerfiles.yaml_files import yaml_of
from okamochi.detect.adoption.rows import Row, Verdict
from okamochi.model.rendered_mark import text_by_people
from okamochi.system.project_files import ProjectFiles

__all__ = ["DEVCONTAINER", "devcontainer_rows", "other_compose_rows"]

DEVCONTAINER = ".devcontainer/devcontainer.json"
# Compose itself merges these into the file beside them
MERGED = re.compile(r"(?:docker-)?compose\.override\.ya?ml")


def other_compose_rows(project: ProjectFiles, taken: str) -> Iterator[Row]:
    """Files that are merged over the one that was looked at, or used in its place."""
    names = {path for kind in ("yml", "yaml") for path in project.files(f"*compose*.{kind}")}
    for path in sorted(names - {taken}):
        text = text_by_people(project, path)
        if not text or not isinstance(yaml_of(text), dict):
            continue
        if is_desk_path(path):
            ours, why = (
                "compose.dev.yaml",
                "okamochi dev starts it: reload, your files, a debugger on request",
            )
        else:
            ours, why = "not looked at", "one plan for every place; what differs comes by --env-file"
        if MERGED.fullmatch(path):
            why += "; remove it beside a rendered compose.yaml: docker compose would merge it into that"
        yield Row(Verdict.CHANGE, "file", path, f"{path} beside {taken}", ours, why)


def devcontainer_rows(project: ProjectFiles) -> Iterator[Row]:
    """One of the project's own, beside what `render devcontainer` writes."""
    text = text_by_people(project, DEVCONTAINER) if project.exists(DEVCONTAINER) else None
    if not text:
        return
    if '"extensions"' in text:
        why = "those of a person come with dev.containers.defaultExtensions in VS Code's own settings"
        yield Row(Verdict.CHANGE, "extensions", DEVCONTAINER, "names some", "Python, debugger, linter", why)
