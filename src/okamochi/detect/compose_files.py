"""What a compose file of the project says about the services that the app is used with."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from okamochi.detect.service_kinds import KindFacts, kind_of_image
from okamochi.model.evidence import Evidence
from okamochi.model.rendered_mark import text_by_people
from okamochi.system.project_files import ProjectFiles

__all__ = ["ComposedService", "composed_services"]

# in the order in which Compose looks for them
NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
USERS = ("POSTGRES_USER", "MYSQL_USER", "MARIADB_USER", "RABBITMQ_DEFAULT_USER", "MONGO_INITDB_ROOT_USERNAME")
DATABASES = ("POSTGRES_DB", "MYSQL_DATABASE", "MARIADB_DATABASE", "MONGO_INITDB_DATABASE")
INITIAL = "/docker-entrypoint-initdb.d"
PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,63}")
IMAGE = re.compile(r"[a-z0-9][a-zA-Z0-9._/:@-]{0,254}")


@dataclass(frozen=True, slots=True)
class ComposedService:
    """`user` and `database` are "" where the file takes them from elsewhere. `initial_files` are files of the
    project that are mounted where the image looks for them on an empty volume."""

    name: str
    facts: KindFacts
    image: str
    user: str
    database: str
    initial_files: tuple[str, ...]
    evidence: Evidence


def composed_services(project: ProjectFiles) -> tuple[ComposedService, ...]:
    """Services of known kinds, sorted by name; none when there is no file, it is one that okamochi wrote, or
    it is no YAML (Compose itself will say so)."""
    for path in NAMES:
        if project.exists(path):
            text = text_by_people(project, path)
            return _services(project, path, text) if text is not None else ()
    return ()


def _services(project: ProjectFiles, path: str, text: str) -> tuple[ComposedService, ...]:
    table = _mapping(_parsed(text).get("services"))
    found = []
    for name in sorted(str(key) for key in table):
        settings = _mapping(table.get(name))
        image = str(settings.get("image") or "")
        facts = kind_of_image(image) if IMAGE.fullmatch(image) else None
        if facts is None:
            continue
        environment = _environment(settings.get("environment"))
        line = next((n for n, one in enumerate(text.splitlines(), 1) if image in one), 0)
        found.append(
            ComposedService(
                name=name,
                facts=facts,
                image=image,
                user=_first(environment, USERS),
                database=_first(environment, DATABASES),
                initial_files=_initial_files(project, settings.get("volumes")),
                evidence=Evidence(path=path, line=line, reason=f"service {name}: {image}"),
            )
        )
    return tuple(found)


def _parsed(text: str) -> Mapping[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return _mapping(YAML(typ="safe", pure=True).load(text))
    except (YAMLError, RecursionError, ValueError):
        return {}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _environment(value: Any) -> Mapping[str, str]:
    if isinstance(value, list):
        return dict(str(one).partition("=")[::2] for one in value)
    return {str(name): str(text) for name, text in _mapping(value).items() if text is not None}


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str:
    found = (environment[name] for name in names if name in environment)
    return next((text for text in found if PLAIN.fullmatch(text)), "")


def _initial_files(project: ProjectFiles, volumes: Any) -> tuple[str, ...]:
    found = []
    for volume in volumes if isinstance(volumes, list) else ():
        if isinstance(volume, dict):
            source, target = str(volume.get("source") or ""), str(volume.get("target") or "")
        else:
            source, _, target = str(volume).partition(":")
        path = posixpath.normpath(source)
        if not target.startswith(INITIAL) or path.startswith(("/", "..", "~", "$")):
            continue
        found += [path] if project.exists(path) else sorted(project.files(f"{path}/*.sql"))
    return tuple(dict.fromkeys(found))
