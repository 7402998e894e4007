"""What files for other platforms say beside the web's start: workers, what runs before a release, plain
values of variables. They are evidence: a stale one is never believed against the code."""

import posixpath
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from okamochi.containerfiles.dockerfile import dockerfile_stages, shipped
from okamochi.containerfiles.yaml_files import yaml_of
from okamochi.detect.files.compose_files import own_services
from okamochi.detect.files.supervisor_files import supervised_programs
from okamochi.model.rendered_mark import text_by_people
from okamochi.system import data_text
from okamochi.system.data_text import NoDataError, toml_of
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import items_of, table_of

__all__ = [
    "RENDER",
    "StatedCommand",
    "StatedValue",
    "build_commands",
    "exposed_port",
    "json_of",
    "named_dockerfiles",
    "render_services",
    "stated_commands",
    "stated_values",
    "toml",
]

RENDER = ("render.yaml", "render.yml")
DOCKERFILES = ("Dockerfile", "dockerfile", "docker/Dockerfile", "Dockerfile.prod")
NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")
VARIABLE = regex(r"\$\{?([A-Za-z_]\w*)\}?")


@dataclass(frozen=True, slots=True)
class StatedCommand:
    """A process beside the web; the name "release" is for what runs before it."""

    name: str
    command: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class StatedValue:
    name: str
    value: str
    path: str
    line: int


def stated_commands(project: ProjectFiles) -> tuple[StatedCommand, ...]:
    """Of fly.toml, render.yaml, railway's files, app.json and supervisord.conf, in this order; one for a
    name."""
    found: dict[str, StatedCommand] = {}
    said = (
        *fly_commands(project),
        *render_commands(project),
        *other_commands(project),
        *supervisor_commands(project),
    )
    for path, name, command in said:
        if name not in found and isinstance(command, str) and command.strip():
            found[name] = StatedCommand(name, command, path, line_of(project, path, command))
    return tuple(found.values())


def stated_values(project: ProjectFiles) -> tuple[StatedValue, ...]:
    """Of the same files, then Dockerfiles and the services of compose files that are built here; the first
    one that says a name counts."""
    found: dict[str, StatedValue] = {}
    said = (*platform_values(project), *dockerfile_values(project), *compose_values(project))
    for path, name, value in said:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            continue
        if NAME.fullmatch(name) and name not in found and "$" not in str(value):
            found[name] = StatedValue(name, str(value), path, line_of(project, path, name))
    return tuple(found.values())


Said = tuple[str, str, Any]


def fly_commands(project: ProjectFiles) -> Iterator[Said]:
    tables = toml(project, "fly.toml")
    yield "fly.toml", "release", table_of(tables, "deploy").get("release_command")
    for name, command in table_of(tables, "processes").items():
        if name not in ("app", "web"):
            yield "fly.toml", name, command


def render_commands(project: ProjectFiles) -> Iterator[Said]:
    for path, service in render_services(project):
        if service.get("type") == "worker":
            yield path, str(service.get("name") or "worker"), service.get("startCommand")
        elif service.get("type") == "web":
            yield path, "release", service.get("preDeployCommand")


def other_commands(project: ProjectFiles) -> Iterator[Said]:
    for path, tables in (("railway.toml", toml(project, "railway.toml")), json_of(project, "railway.json")):
        before = table_of(tables, "deploy").get("preDeployCommand")
        yield path, "release", before[0] if isinstance(before, list) and len(before) == 1 else before
    path, tables = json_of(project, "app.json")
    yield path, "release", table_of(tables, "scripts").get("postdeploy")


def build_commands(project: ProjectFiles) -> tuple[tuple[str, str], ...]:
    """What render.yaml and railway's files build the web service with, after the file's name."""
    said: list[tuple[str, Any]] = [
        (path, service.get("buildCommand"))
        for path, service in render_services(project)
        if service.get("type") == "web"
    ]
    for path, tables in (("railway.toml", toml(project, "railway.toml")), json_of(project, "railway.json")):
        said.append((path, table_of(tables, "build").get("buildCommand")))
    return tuple((path, command) for path, command in said if isinstance(command, str) and command.strip())


def supervisor_commands(project: ProjectFiles) -> Iterator[Said]:
    for one in supervised_programs(project, (*DOCKERFILES, *named_dockerfiles(project))):
        yield one.path, one.name, one.command


def platform_values(project: ProjectFiles) -> Iterator[Said]:
    for name, value in table_of(toml(project, "fly.toml"), "env").items():
        yield "fly.toml", name, value
    for path, service in render_services(project):
        listed = service.get("envVars")
        for one in items_of(listed):
            yield path, str(table_of(one).get("key")), table_of(one).get("value")
    path, tables = json_of(project, "app.json")
    for name, value in table_of(tables, "env").items():
        yield path, name, value if isinstance(value, str) else table_of(value).get("value")


def named_dockerfiles(project: ProjectFiles) -> Iterator[str]:
    """What other files say is built; nothing outside the project."""
    said: list[Any] = [table_of(toml(project, "fly.toml"), "build").get("dockerfile")]
    said += [service.get("dockerfilePath") for _, service in render_services(project)]
    for service in own_services(project):
        build = service.settings.get("build")
        folder, name = table_of(build).get("context"), table_of(build).get("dockerfile")
        if isinstance(name, str):
            said.append(posixpath.join(folder if isinstance(folder, str) else "", name))
    for path in said:
        clean = posixpath.normpath(path) if isinstance(path, str) and path else ""
        if clean and not clean.startswith(("/", "..", "$")):
            yield clean


def dockerfile_values(project: ProjectFiles) -> Iterator[Said]:
    usual = [path for path in DOCKERFILES if project.exists(path)]
    for path in usual or dict.fromkeys(named_dockerfiles(project)):
        stages = dockerfile_stages(text_by_people(project, path) or "")
        for instruction in shipped(stages).all("ENV") if stages else ():
            for name, value in environment_words(instruction.rest):
                yield path, name, value


def exposed_port(project: ProjectFiles) -> tuple[int, str]:
    """The only port that the image made by the project's Dockerfile exposes, with its place; 0 and "" for
    none or several."""
    usual = [path for path in DOCKERFILES if project.exists(path)]
    for path in usual or dict.fromkeys(named_dockerfiles(project)):
        stages = dockerfile_stages(text_by_people(project, path) or "")
        lines = shipped(stages) if stages else None
        given = dict(
            pair for one in (lines.all("ENV") if lines else ()) for pair in environment_words(one.rest)
        )
        found = {
            word.partition("/")[0]: f"{path}:{one.line}"
            for one in (lines.all("EXPOSE") if lines else ())
            for word in _filled(one.rest, given).split()
        }
        if len(found) == 1:
            number, place = next(iter(found.items()))
            return (int(number), place) if number.isdigit() and 0 < int(number) < 65536 else (0, "")
    return 0, ""


def _filled(text: str, given: Mapping[str, str]) -> str:
    """With what the ENV lines above give to $NAME and ${NAME}; what nobody gives stays."""
    return VARIABLE.sub(lambda found: given.get(found[1], found[0]), text)


def environment_words(rest: str) -> Iterator[tuple[str, str]]:
    """Of `ENV A=1 B="two words"` and of the old `ENV A 1`."""
    try:
        words = shlex.split(rest)
    except ValueError:
        return
    if words and "=" not in words[0]:
        yield words[0], " ".join(words[1:])
        return
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            yield name, value


def compose_values(project: ProjectFiles) -> Iterator[Said]:
    for service in own_services(project):
        given = service.settings.get("environment")
        pairs = given.items() if isinstance(given, dict) else ()
        listed = (str(one).partition("=") for one in given) if isinstance(given, list) else ()
        for name, value in (*pairs, *((name, value) for name, equals, value in listed if equals)):
            yield service.path, str(name), value


def render_services(project: ProjectFiles) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in RENDER:
        listed = table_of(yaml_of(project.read_text(path) or "")).get("services")
        yield from ((path, table_of(one)) for one in items_of(listed))


def toml(project: ProjectFiles, path: str) -> dict[str, Any]:
    try:
        return toml_of(project.read_text(path) or "")
    except NoDataError:
        return {}


def json_of(project: ProjectFiles, path: str) -> tuple[str, dict[str, Any]]:
    try:
        return path, table_of(data_text.json_of(project.read_text(path) or "{}"))
    except NoDataError:
        return path, {}


def line_of(project: ProjectFiles, path: str, word: str) -> int:
    lines = (project.read_text(path) or "").splitlines()
    return next((number for number, line in enumerate(lines, 1) if word in line), 0)
