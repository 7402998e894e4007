"""Folders that the project's own container files keep: named volumes and data folders of Compose, VOLUME.

Where the code lies in those containers is their WORKDIR; in our image it is /app. A mount of the code itself,
of a package folder or of files that the project ships is for development, and no data.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping

from okamochi.containerfiles.compose_forms import mounts_of
from okamochi.detect.data.writable_folders import Written
from okamochi.detect.files.compose_files import Composed, own_services
from okamochi.model.evidence import Evidence
from okamochi.model.plan import APP_ROOT
from okamochi.model.rendered_mark import text_by_people
from okamochi.system.data_text import json_of
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import items_of

__all__ = ["mounted_folders"]

INSTRUCTION = regex(r"[ \t]*(FROM|ARG|ENV|WORKDIR|VOLUME)[ \t]+(\S.*)", re.IGNORECASE)
MOST_CHARACTERS = 4096  # of a value: each may be twice the last one
PAIR = regex(r"(?<!\w)(\w+)=(\"[^\"]*\"|'[^']*'|\S+)")
VARIABLE = regex(r"\$(?:(\w+)|\{(\w+)(?::?-[^}]*)?\})")
CODE = regex(r".*\.(py|js|jsx|ts|tsx|vue|css|html)|(.*/)?(Dockerfile|package\.json)", re.DOTALL)
NAMED = regex(r"[A-Za-z0-9][\w.-]*")
VARIABLES = regex(r"\.env(\.\w+)?")
# What tools, engines and web servers keep there is not the app's data.
FOREIGN = regex(
    r"(^|/)(node_modules|\.?venv|env|__pycache__|\.cache|\.git|site-packages|static|staticfiles|static_root)$"
    r"|^/(etc|usr|bin|sbin|lib|lib64|root|proc|sys|dev|run|tmp|var/run|var/tmp|opt/venv)(/|$)"
)


def mounted_folders(project: ProjectFiles) -> tuple[Written, ...]:
    """Folders inside our image, in the order of the files that name them; each once."""
    dockerfile = text_by_people(project, "Dockerfile") or ""
    work_folder, declared = _of_dockerfile(dockerfile)
    found: dict[str, Written] = {}
    for target, evidence in (*declared, *_of_compose(project)):
        path = _in_our_image(target, work_folder)
        if path and not FOREIGN.search(path) and not _is_shipped(project, path):
            found.setdefault(path, Written(path, False, evidence))
    return tuple(found.values())


def _of_dockerfile(text: str) -> tuple[str, tuple[tuple[str, Evidence], ...]]:
    """The last stage's working directory ("" when none is set) and its volumes."""
    values: dict[str, str] = {}
    folders: dict[str, str] = {}
    stage, folder, volumes = "", "", list[tuple[str, Evidence]]()
    for line, row in enumerate(text.splitlines(), 1):
        match = INSTRUCTION.fullmatch(row.partition(" #")[0])
        if match is None:
            continue
        word, rest = match[1].upper(), match[2].rstrip().rstrip("\\").rstrip()
        if word == "FROM":
            base, *name = rest.lower().split(" as ")
            stage, folder, volumes = "".join(name).strip(), folders.get(base.strip(), ""), []
        elif word in ("ARG", "ENV"):
            values.update({name: _plain(value.strip("\"'"), values) for name, value in PAIR.findall(rest)})
        elif word == "WORKDIR":
            folder = folders[stage] = posixpath.join(folder or "/", _plain(rest.strip("\"'"), values))
        else:
            evidence = Evidence(path="Dockerfile", line=line, reason=f"VOLUME {rest}")
            volumes += [(_plain(one, values), evidence) for one in _volume_words(rest)]
    return posixpath.normpath(folder) if folder else "", tuple(volumes)


def _volume_words(rest: str) -> tuple[str, ...]:
    if rest.startswith("["):
        try:
            words = json_of(rest)
        except ValueError:
            return ()
        return tuple(str(one) for one in items_of(words))
    return tuple(rest.split())


def _plain(text: str, values: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda match: values.get(match[1] or match[2], ""), text)[:MOST_CHARACTERS]


def _of_compose(project: ProjectFiles) -> Iterator[tuple[str, Evidence]]:
    """What outlives the containers that are built from the project: named volumes, and folders beside it."""
    for service in own_services(project):
        for source, target, read_only in mounts_of(service.settings):
            if _is_one_file(project, source, target) or _holds_code(project, source):
                continue
            if target.startswith("/") and not read_only and (NAMED.fullmatch(source) or _is_beside(source)):
                yield target, _evidence(service, target)


def _is_one_file(project: ProjectFiles, source: str, target: str) -> bool:
    """./.pdbrc.py:/home/me/.pdbrc.py, ./src/.env:/app/.env: what is mounted under its own name with an ending
    is no folder, and neither is a file of variables, which no checkout has."""
    name = posixpath.basename(target)
    own = posixpath.normpath(source)
    if NAMED.fullmatch(source):
        return False
    if project.exists(own):
        return not project.is_dir(own)
    ends = posixpath.splitext(name)[1] != "" or VARIABLES.fullmatch(name) is not None
    return posixpath.basename(own) == name and ends


def _holds_code(project: ProjectFiles, source: str) -> bool:
    """./server:/server, for development: what the project ships there is no data."""
    if not _is_beside(source):
        return False
    within = posixpath.normpath(source)
    return any(CODE.fullmatch(path) is not None for path in project.files(within=within))


def _is_beside(source: str) -> bool:
    return source.startswith("./") and posixpath.normpath(source) != "."


def _evidence(service: Composed, target: str) -> Evidence:
    return Evidence(
        path=service.path, line=service.line_of(target), reason=f"service {service.name} keeps {target}"
    )


def _in_our_image(target: str, work_folder: str) -> str:
    """Nothing for the code's own folder, and for one above it."""
    path = posixpath.normpath(target)
    root = work_folder or APP_ROOT
    if f"{root}/".startswith(f"{path.rstrip('/')}/"):
        return ""
    inside = path.startswith(f"{root}/")
    return posixpath.join(APP_ROOT, path.removeprefix(f"{root}/")) if inside else path


def _is_shipped(project: ProjectFiles, path: str) -> bool:
    """Whether the project has files there: a volume over them would hide the next version's."""
    if not path.startswith(f"{APP_ROOT}/"):
        return False
    relative = path.removeprefix(f"{APP_ROOT}/")
    return any(not posixpath.basename(one).startswith(".") for one in project.files(within=relative))
