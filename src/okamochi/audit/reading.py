"""Finds and parses the files of a project that an audit looks at."""

import datetime
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from okamochi.audit.compose_containers import compose_containers
from okamochi.audit.image_containers import image_containers, is_python_image
from okamochi.audit.judging import desk_by_itself, judged_by_neighbours, judged_by_services
from okamochi.audit.manifest_containers import pod_containers, task_containers
from okamochi.audit.own_images import own_images
from okamochi.audit.setup import Dockerfile, Document, Setup, TextFile
from okamochi.containerfiles.compose_forms import COMPOSE_NAMES
from okamochi.containerfiles.desk import is_desk_path, is_production_path
from okamochi.containerfiles.dockerfile import dockerfile_stages, shipped
from okamochi.containerfiles.yaml_nodes import NOTHING, Node, json_node, yaml_nodes
from okamochi.model.finding import Finding
from okamochi.model.plan import Plan
from okamochi.system.data_text import NoDataError
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["read_setup"]

DOCKERFILE = regex(
    r"(?:.*/)?(?:(?:Docker|Container)file(?:\.(?!dockerignore$)[\w.-]+)?|[\w.-]+\.[Dd]ockerfile)"
)
# the last are those of docker stack deploy
COMPOSE = regex(r"(?:.*/)?(?:(?:docker-)?compose|(?:docker-)?(?:stack|swarm))[\w.-]*\.ya?ml")
# as generators of projects call them
OTHER_COMPOSE = regex(r"(?:local|production|staging|development|dev|prod|docs|test)\.ya?ml")
DEVCONTAINER = regex(r"(?:\.devcontainer/(?:[^/]+/)?devcontainer|\.devcontainer)\.json")
IGNORE = regex(r"(?:.*/)?(?:[\w.-]*\.)?dockerignore")
ENV_FILE = regex(r"(?:.*/)?(?:\.env(?:[._-][\w.-]+)?|[\w.-]+\.env)")
MANIFEST = regex(r"^apiVersion:\s*\S", re.MULTILINE)
KIND = regex(r"^kind:\s*\S", re.MULTILINE)
TEMPLATE = regex(r"\{\{|\{%")
DEEPEST = 4
LONG_NUMBER = regex(r"(\d{200})\d++")
MOST_FILES = 200


def read_setup(
    project: ProjectFiles,
    plan: Plan | None,
    today: datetime.date,
    *,
    tracked: frozenset[str] | None = None,
    executable: frozenset[str] | None = None,
    told: tuple[Finding, ...] = (),
) -> Setup:
    """The setup of a project, the files that okamochi rendered included."""
    paths = tuple(path for path in project.files() if path.count("/") < DEEPEST)
    unread: list[tuple[str, int, str]] = []
    dockerfiles = tuple(read_dockerfiles(project, few(paths, DOCKERFILE)))
    named = sorted(dict.fromkeys((*few(paths, COMPOSE), *few(paths, OTHER_COMPOSE))), key=compose_order)
    both = tuple(documents(project, named, yaml_nodes, unread, is_compose_of_any_time))
    composes = tuple(one for one in both if is_compose(one.root))
    old = tuple(one for one in both if not is_compose(one.root) and COMPOSE.fullmatch(one.path))
    composes = judged_by_neighbours(composes)
    manifests = tuple(documents(project, manifest_paths(project, paths), yaml_nodes, unread, is_object))
    tasks = tuple(documents(project, task_paths(project, paths), task_node, unread, lambda _: True))
    devcontainers = tuple(
        documents(
            project, few(paths, DEVCONTAINER), one_json_node, unread, lambda node: node.kind == "mapping"
        )
    )
    setup = Setup(
        project=project,
        today=today,
        plan=plan,
        tracked=tracked,
        executable=executable,
        dockerfiles=dockerfiles,
        composes=composes,
        manifests=manifests,
        task_definitions=tasks,
        devcontainers=devcontainers,
        ignore_files=tuple(texts(project, few(paths, IGNORE))),
        env_files=tuple(texts(project, few(paths, ENV_FILE))),
        unread=tuple(unread),
        told=told,
        first_formats=old,
    )
    return with_containers(setup)


def with_containers(setup: Setup) -> Setup:
    """All of them, in the order of images, Compose, Kubernetes, ECS."""
    images = tuple(one for file in setup.dockerfiles for one in image_containers(file))
    services = tuple(one for file in setup.composes for one in compose_containers(file, setup))
    setup = replace(setup, composes=judged_by_services(setup.composes, services))
    services = tuple(one for file in setup.composes for one in compose_containers(file, setup))
    own = own_images(setup, images)
    pods = tuple(one for file in setup.manifests for one in pod_containers(file, own))
    tasks = tuple(one for file in setup.task_definitions for one in task_containers(file, own))
    return replace(setup, containers=(*images, *services, *pods, *tasks))


def few(paths: Iterable[str], pattern: re.Pattern[str]) -> list[str]:
    return [path for path in paths if pattern.fullmatch(path)][:MOST_FILES]


def texts(project: ProjectFiles, paths: Iterable[str]) -> Iterator[TextFile]:
    """Numbers longer than any that means something are cut: Python makes none of thousands of digits."""
    for path in paths:
        text = project.read_text(path)
        if text is not None:
            yield TextFile(path, LONG_NUMBER.sub(r"\1", text))


def read_dockerfiles(project: ProjectFiles, paths: list[str]) -> Iterator[Dockerfile]:
    """Those from which the project's code is built; none of a web page's assets or a proxy."""
    for file in texts(project, paths):
        if "{%" in file.text:
            continue  # a template of Dockerfiles
        stages = dockerfile_stages(file.text)
        if not stages or not any(is_python_image(stage) for stage in stages):
            continue
        folder = posixpath.dirname(file.path)
        beside = [path for path in paths if posixpath.dirname(path) == folder and path != file.path]
        other = next((path for path in beside if is_production_path(path)), "")
        why = "its name says so" if is_desk_path(file.path) else ""
        if not why and other and not is_production_path(file.path):
            why = f"{posixpath.basename(other)} is the one for production"
        yield Dockerfile(file, stages, shipped(stages), bool(why), why)


def documents(
    project: ProjectFiles,
    paths: Iterable[str],
    parse: Callable[[str], tuple[Node, ...]],
    unread: list[tuple[str, int, str]],
    wanted: Callable[[Node], bool],
) -> Iterator[Document]:
    for file in texts(project, paths):
        try:
            found = parse(file.text)
        except NoDataError as problem:
            unread.append((file.path, problem.line, str(problem)))
            continue
        for node in found:
            for one in node.get("items").items if node.get("kind").text == "List" else (node,):
                if wanted(one):
                    why = desk_by_itself(file, one)
                    yield Document(file, one, bool(why), why)


def one_json_node(text: str) -> tuple[Node, ...]:
    found = json_node(text)
    return (found,) if found is not NOTHING else ()


def task_node(text: str) -> tuple[Node, ...]:
    """Of a task definition as it is registered, or as the API describes it."""
    return tuple(without_nulls(one.get("taskDefinition") or one) for one in one_json_node(text))


def without_nulls(node: Node) -> Node:
    """The tree without keys that are null: the API describes what is not set that way."""
    if not node.pairs and not node.items:
        return node
    given = [(key, value) for key, value in node.pairs if value.kind != "scalar" or value.value is not None]
    return replace(
        node,
        pairs=tuple((key, without_nulls(value)) for key, value in given),
        items=tuple(map(without_nulls, node.items)),
    )


def is_compose(node: Node) -> bool:
    return node.get("services").kind == "mapping"


def is_first_format(node: Node) -> bool:
    """Whether each of its keys is a service."""
    services = [value for _, value in node.pairs]
    return bool(services) and all(one.get("image") or one.get("build") for one in services)


def is_compose_of_any_time(node: Node) -> bool:
    return is_compose(node) or is_first_format(node)


def is_object(node: Node) -> bool:
    """Of Kubernetes; its configuration files for tools are none."""
    return node.get("kind").kind == "scalar" and node.get("metadata").kind == "mapping"


def manifest_paths(project: ProjectFiles, paths: Iterable[str]) -> Iterator[str]:
    for path in [path for path in paths if path.endswith((".yaml", ".yml")) and not COMPOSE.fullmatch(path)]:
        text = project.read_text(path) or ""
        if MANIFEST.search(text) and KIND.search(text) and not TEMPLATE.search(text):
            yield path


def task_paths(project: ProjectFiles, paths: Iterable[str]) -> Iterator[str]:
    for path in [path for path in paths if path.endswith(".json")]:
        if '"containerDefinitions"' in (project.read_text(path) or ""):
            yield path


def compose_order(path: str) -> tuple[int, str]:
    """In the order in which Compose merges: the plain file, its override, then the rest."""
    name, names = posixpath.basename(path), COMPOSE_NAMES
    return names.index(name) if name in names else len(names) + ("override" not in name), path
