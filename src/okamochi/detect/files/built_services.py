"""A service that a compose file builds from a Dockerfile of the project: which image it is at heart."""

import posixpath
from collections.abc import Mapping
from typing import Any

import msgspec

from okamochi.containerfiles.compose_forms import build_of
from okamochi.containerfiles.dockerfile import Stage, dockerfile_stages
from okamochi.system.project_files import ProjectFiles

__all__ = ["INITIAL_FOLDER", "built_service"]

INITIAL_FOLDER = "/docker-entrypoint-initdb.d"
"""Where the images of databases look for what fills an empty volume."""


class BuiltService(msgspec.Struct, frozen=True):
    """`image` is what the last FROM names; `initial_files` are the project's files that the Dockerfile copies
    to INITIAL_FOLDER."""

    image: str
    path: str
    initial_files: tuple[str, ...]


def built_service(project: ProjectFiles, service: Mapping[str, Any]) -> BuiltService | None:
    """None for a service that is not built, or where no Dockerfile of the project tells."""
    build = build_of(service)
    if build is None:
        return None
    context, path = build.context, build.dockerfile
    text = project.read_text(path)
    stages = dockerfile_stages(text) if text is not None and not context.startswith(("/", "..")) else ()
    if not stages:
        return None
    return BuiltService(stages[-1].base, path, _copied(project, stages[-1], context))


def _copied(project: ProjectFiles, stage: Stage, context: str) -> tuple[str, ...]:
    found: list[str] = []
    for one in (*stage.all("COPY"), *stage.all("ADD")):
        words = one.argv or tuple(word for word in one.rest.split() if not word.startswith("--"))
        if len(words) < 2 or not words[-1].startswith(INITIAL_FOLDER) or "--from=" in one.rest:
            continue
        for word in words[:-1]:
            source = posixpath.normpath(posixpath.join(context, word))
            if source.startswith(("/", "..")):
                continue
            whole = project.exists(source) and not project.is_dir(source)
            found += [source] if whole else sorted(project.files(f"{source.rstrip('/')}/*.sql"))
    return tuple(dict.fromkeys(found))
