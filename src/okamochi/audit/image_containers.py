"""Containers as a Dockerfile describes them."""

import posixpath
import re

from okamochi.audit.commands import Command, command_of_instruction, joined
from okamochi.audit.containers import Container, ContainerKind, Variable
from okamochi.audit.setup import Dockerfile
from okamochi.containerfiles.desk import is_desk_name
from okamochi.containerfiles.dockerfile import Stage
from okamochi.system.patterns import regex

__all__ = ["image_containers", "is_python_image", "start_of", "variables_of"]

# "python:3.12-slim", "ghcr.io/astral-sh/uv:python3.12", "tiangolo/uwsgi-nginx-flask"
PYTHON_BASE = regex(
    r"python|pypy|conda|uvicorn|uwsgi|gunicorn|flask|django|streamlit|pytorch|jupyter", re.IGNORECASE
)
PYTHON_WORK = regex(
    r"\b(?:pip3?|pipenv|poetry|uv|pdm|conda|mamba|python3?|gunicorn|uvicorn|flask|django-admin|streamlit|celery)\b"
)


def is_python_image(stage: Stage) -> bool:
    """Whether Python is what the stage is about, as far as its base and its steps tell."""
    if PYTHON_BASE.search(stage.image or stage.base):
        return True
    worked = (one.rest for one in stage.own if one.word in ("RUN", "CMD", "ENTRYPOINT"))
    return any(PYTHON_WORK.search(rest) for rest in worked)


def image_containers(file: Dockerfile) -> tuple[Container, ...]:
    """The stage that is shipped, and those for the desk that start something of their own."""
    found = [container_of(file, file.shipped, desk=file.desk)]
    for stage in file.stages:
        starts = any(one.word in ("CMD", "ENTRYPOINT") for one in stage.own)
        if stage is not file.shipped and starts and is_desk_name(stage.name):
            found.append(container_of(file, stage, desk=True))
    return tuple(found)


def container_of(file: Dockerfile, stage: Stage, *, desk: bool) -> Container:
    entrypoint, command = start_of(stage, file.path)
    return Container(
        kind=ContainerKind.IMAGE,
        name=stage.name or posixpath.basename(file.path),
        path=file.path,
        line=stage.own[0].line,
        own=True,
        desk=desk or is_desk_name(stage.name),
        image=stage.image,
        command=joined(entrypoint, command),
        entrypoint=entrypoint,
        environment=variables_of(stage, file.path),
        stage=stage,
        stage_path=file.path,
    )


def start_of(stage: Stage, path: str) -> tuple[Command, Command]:
    """ENTRYPOINT and CMD. A CMD from below an ENTRYPOINT does not count: setting that resets it."""
    entry, command = stage.last("ENTRYPOINT"), stage.last("CMD")
    if entry in stage.own and command not in stage.own:
        command = None
    return command_of_instruction(path, entry), command_of_instruction(path, command)


def variables_of(stage: Stage, path: str) -> tuple[Variable, ...]:
    return tuple(Variable(name, value, path, one.line) for name, (value, one) in stage.environment.items())
