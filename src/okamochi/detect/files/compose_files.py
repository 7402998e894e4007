"""What a compose file of the project says about the services that the app is used with."""

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from okamochi.containerfiles.compose_forms import COMPOSE_NAMES, Build, mounts_of
from okamochi.containerfiles.yaml_files import yaml_of
from okamochi.detect.files.built_services import INITIAL_FOLDER, built_service
from okamochi.detect.services.kinds import KindFacts, kind_of_image
from okamochi.model.evidence import Evidence
from okamochi.model.rendered_mark import text_by_people
from okamochi.model.service_images import SERVERS
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import items_of, table_of

__all__ = [
    "Composed",
    "ComposedService",
    "by_default",
    "composed",
    "composed_services",
    "environment_given",
    "given_texts",
    "given_variables",
    "own_services",
    "taken_by_compose",
    "top_level",
]

USERS = tuple(one.user for one in SERVERS if one.user)
DATABASES = tuple(one.database for one in SERVERS if one.database)
PLAIN = regex(r"[A-Za-z0-9_.-]{1,63}")
# https://docs.docker.com/reference/compose-file/interpolation/
WITH_DEFAULT = regex(r"\$\{\w+:?-(?P<default>[^}$]*)\}")
ABOVE = "../"
MOST_ABOVE = 3
IMAGE = regex(r"[a-z0-9][a-zA-Z0-9._/:@-]{0,254}")


class ComposedService(msgspec.Struct, frozen=True):
    """`user` and `database` are "" where the file takes them from elsewhere. `initial_files` are files of the
    project that are mounted where the image looks for them on an empty volume."""

    name: str
    facts: KindFacts
    image: str
    user: str
    database: str
    initial_files: tuple[str, ...]
    evidence: Evidence


class Composed(msgspec.Struct, frozen=True):
    """A service as the file `path` has it."""

    path: str
    name: str
    settings: Mapping[str, Any]
    text: str

    def line_of(self, word: str) -> int:
        """The first line that has the word; 0 when none has."""
        return next((n for n, one in enumerate(self.text.splitlines(), 1) if word in one), 0)


def own_services(project: ProjectFiles) -> tuple[Composed, ...]:
    """Services that are built from the project, in the file's order; none that only makes over the image of a
    database or the like."""
    return tuple(
        one for one in composed(project) if one.settings.get("build") and not _is_made_over(project, one)
    )


def _is_made_over(project: ProjectFiles, one: Composed) -> bool:
    built = built_service(project, one.settings)
    return (
        built is not None
        and IMAGE.fullmatch(built.image) is not None
        and kind_of_image(built.image) is not None
    )


def composed_services(project: ProjectFiles) -> tuple[ComposedService, ...]:
    """Services of known kinds, sorted by name; none when there is no file, it is one that okamochi wrote, or
    it is no YAML (Compose itself will say so)."""
    found = []
    for one in sorted(composed(project), key=lambda one: one.name):
        built = built_service(project, one.settings)
        written = str(one.settings.get("image") or "")
        image = built.image if built is not None else by_default(written)
        facts = kind_of_image(image) if IMAGE.fullmatch(image) else None
        if facts is None:
            continue
        environment = environment_given(one)
        reason = f"service {one.name}: {image}" + (f", made over by {built.path}" if built else "")
        files = _initial_files(project, one.settings)
        found.append(
            ComposedService(
                name=one.name,
                facts=facts,
                image=image,
                user=_first(environment, USERS),
                database=_first(environment, DATABASES),
                initial_files=tuple(dict.fromkeys((*files, *(built.initial_files if built else ())))),
                evidence=Evidence(
                    path=one.path, line=one.line_of(f"{one.name}:" if built else written), reason=reason
                ),
            )
        )
    return tuple(found)


def by_default(written: str) -> str:
    """A text as it is where nobody sets its variables: postgres:${VERSION:-17}."""
    return WITH_DEFAULT.sub(r"\g<default>", written)


def composed(project: ProjectFiles) -> tuple[Composed, ...]:
    """All services, in the file's order; none of a file that okamochi wrote."""
    path, text = _file(project)
    table = {str(name): table_of(one) for name, one in table_of(yaml_of(text), "services").items()}
    if path.startswith(ABOVE):
        table = _as_seen_below(table, project, path.count(ABOVE))
    return tuple(Composed(path, name, settings, text) for name, settings in table.items())


def taken_by_compose(project: ProjectFiles) -> str:
    """The first file that people wrote, "" for none: one that stays beside okamochi's own still counts, since
    the plan was made from it."""
    return next((one for one in COMPOSE_NAMES if text_by_people(project, one) is not None), "")


def _file(project: ProjectFiles) -> tuple[str, str]:
    """The file of people that Compose would take, and its text: in the project's folder, else in the nearest
    one above where a service is built from the project. Two empty texts when there is none."""
    own = taken_by_compose(project)
    if own:
        return own, text_by_people(project, own) or ""
    for path in _files_above(project):
        text = text_by_people(project, path) or ""
        if _as_seen_below(table_of(yaml_of(text), "services"), project, path.count(ABOVE)):
            return path, text
    return "", ""


def _files_above(project: ProjectFiles) -> Iterator[str]:
    """In the checkout alone: `services/web/` has its compose file two folders above."""
    for level in range(1, MOST_ABOVE + 1) if project.root else ():
        yield from (path for one in COMPOSE_NAMES if project.exists(path := f"{ABOVE * level}{one}"))


def _as_seen_below(table: Mapping[str, Any], project: ProjectFiles, level: int) -> dict[str, dict[str, Any]]:
    """Services of a file `level` folders above the project: with the project's folder as its own, without
    what is built from other folders, and without places beside the file. None where nothing is built from
    the project."""
    found: dict[str, dict[str, Any]] = {}
    builds = False
    folder = posixpath.join(*(project.root or Path()).parts[-level:])
    for name, one in table.items():
        settings = dict(table_of(one))
        build = settings.get("build")
        if build:
            context = Build.of(build).context
            # backend/, whose Dockerfile copies backend/main/
            if context != folder and (context == "." or not folder.startswith(f"{context}/")):
                continue
            settings["build"], builds = {**table_of(build), "context": "."}, True
        volumes = settings.get("volumes")
        named = [one for one in items_of(volumes) if _is_named(one)]
        found[str(name)] = {**settings, "volumes": named, "env_file": None}
    return found if builds else {}


def _is_named(volume: Any) -> bool:
    return isinstance(volume, str) and not volume.startswith((".", "/", "~", "$"))


def top_level(project: ProjectFiles, key: str) -> Mapping[str, Any]:
    """The table of that name in the file that Compose would take, unless okamochi wrote it."""
    return table_of(yaml_of(_file(project)[1]), key)


def environment_given(one: Composed) -> Mapping[str, str]:
    """What the file itself gives to a service."""
    return _environment(one.settings.get("environment"))


def given_texts(project: ProjectFiles) -> Iterator[tuple[str, str, str, int]]:
    """What the file itself gives to services that are built from the project: the variable, its text, and
    where that stands."""
    for one in own_services(project):
        for name, text in environment_given(one).items():
            yield name, text, one.path, one.line_of(name)


def given_variables(project: ProjectFiles) -> frozenset[str]:
    """Names of the variables that the file itself gives to any service."""
    given = (environment_given(one) for one in composed(project))
    return frozenset(name for environment in given for name in environment)


def _environment(value: Any) -> Mapping[str, str]:
    if isinstance(value, list):
        return dict(str(one).partition("=")[::2] for one in value)
    return {str(name): str(text) for name, text in table_of(value).items() if text is not None}


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str:
    """With what counts where nobody sets the variable: ${DB_NAME:-shop}."""
    found = (by_default(environment[name]) for name in names if name in environment)
    return next((text for text in found if PLAIN.fullmatch(text)), "")


def _initial_files(project: ProjectFiles, service: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = []
    for source, target, _ in mounts_of(service):
        path = posixpath.normpath(source)
        if not target.startswith(INITIAL_FOLDER) or path.startswith(("/", "..", "~", "$")):
            continue
        found += [path] if project.exists(path) else sorted(project.files(f"{path}/*.sql"))
    return tuple(dict.fromkeys(found))
