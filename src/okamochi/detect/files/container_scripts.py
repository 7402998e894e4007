"""Shell scripts of the project that a service of the compose file starts, as cookiecutter-django has them:

command: /start-celeryworker      compose file
COPY ./compose/local/celery/worker/start /start-celeryworker     its Dockerfile
"""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from okamochi.containerfiles.compose_forms import build_of, mounts_of
from okamochi.containerfiles.dockerfile import Instruction, Stage, dockerfile_stages
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["container_script"]

SHEBANG = regex(r"#!.*\b(?:ba|da|a)?sh\b")
SHELLS = frozenset(["sh", "bash", "ash", "dash"])
MOST_CHARACTERS = 20_000


def container_script(project: ProjectFiles, service: Mapping[str, Any], argv: tuple[str, ...]) -> str:
    """The text of the shell script that the command starts, without the lines that fetch or wait; "" for a
    command of another kind, and for a script that the image has from elsewhere."""
    words = argv[1:] if argv and posixpath.basename(argv[0]) in SHELLS else argv
    if not words or "$" in words[0] or not ("/" in words[0] or words[0].endswith(".sh")):
        return ""
    for path in _places(project, service, words[0]):
        inside = not path.startswith(("/", "..")) and project.exists(path) and not project.is_dir(path)
        text = (project.read_text(path) or "") if inside else ""
        if text and len(text) <= MOST_CHARACTERS and (path.endswith(".sh") or SHEBANG.match(text)):
            return text
    return ""


def _places(project: ProjectFiles, service: Mapping[str, Any], word: str) -> Iterator[str]:
    """Where the project may have it: by what the image copies and the container mounts, then by its name."""
    build = build_of(service)
    text = project.read_text(build.dockerfile) if build is not None else None
    stage = (dockerfile_stages(text or "") or (Stage("", "", ()),))[-1]
    working = stage.last("WORKDIR")
    folder = str(service.get("working_dir") or (working.rest.strip() if working is not None else "/"))
    wanted = posixpath.normpath(posixpath.join("/", folder, word))
    context = build.context if build is not None else "."
    for source, target in _copied((*stage.all("COPY"), *stage.all("ADD")), folder):
        yield from _below(wanted, target, posixpath.join(context, source))
    for source, target, _ in mounts_of(service):
        if source.startswith("."):
            yield from _below(wanted, target, source)
    yield posixpath.normpath(word.lstrip("/"))


def _copied(instructions: tuple[Instruction, ...], folder: str) -> Iterator[tuple[str, str]]:
    for one in instructions:
        words = one.argv or tuple(word for word in one.rest.split() if not word.startswith("--"))
        if len(words) < 2 or "--from=" in one.rest:
            continue
        target = posixpath.join(folder, words[-1])
        for source in words[:-1]:
            yield source, target
            if target.endswith("/") or len(words) > 2:
                yield source, posixpath.join(target, posixpath.basename(source))


def _below(wanted: str, target: str, source: str) -> Iterator[str]:
    target = posixpath.normpath(target)
    if wanted == target:
        yield posixpath.normpath(source)
    elif wanted.startswith(f"{target.rstrip('/')}/"):
        yield posixpath.normpath(posixpath.join(source, posixpath.relpath(wanted, target)))
