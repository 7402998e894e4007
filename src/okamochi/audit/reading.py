"""Finds and parses the files of a project that an audit looks at."""

import datetime
import itertools
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from okamochi.audit.compose_containers import compose_containers
from okamochi.audit.image_containers import image_containers, is_python_image
from okamochi.audit.manifest_containers import pod_containers, task_containers
from okamochi.audit.own_images import own_images
from okamochi.audit.setup import Dockerfile, Document, Setup, TextFile
from okamochi.containerfiles.dockerfile import dockerfile_stages, shipped
from okamochi.containerfiles.yaml_nodes import NOTHING, Node, json_node, yaml_nodes
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
DEVCONTAINER = regex(r"(?:\.devcontainer/(?:[^/]+/)?devcontainer|\.devcontainer)\.json")
IGNORE = regex(r"(?:.*/)?(?:[\w.-]*\.)?dockerignore")
ENV_FILE = regex(r"(?:.*/)?(?:\.env(?:[._-][\w.-]+)?|[\w.-]+\.env)")
MANIFEST = regex(r"^apiVersion:\s*\S", re.MULTILINE)
KIND = regex(r"^kind:\s*\S", re.MULTILINE)
TEMPLATE = regex(r"\{\{|\{%")
DESK = frozenset(
    (
        *("dev", "devel", "development", "devcontainer", "local", "override"),
        *("test", "tests", "testing", "e2e", "ci", "debug"),
    )
)
PRODUCTION = frozenset(("prod", "production", "deploy", "release", "live"))
# of a comment: "this file is for the **development** setup"
HEAD = regex(r"\bfor\s+(?:the\s+|a\s+)?\W{0,2}(?:local\s+)?(?:dev|development|testing|tests)\b")
DEEPEST = 4
MOST_FILES = 200
# in the order in which Compose merges: the plain file, its override, then the rest
FIRST = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


def read_setup(
    project: ProjectFiles,
    plan: Plan | None,
    today: datetime.date,
    *,
    tracked: frozenset[str] | None = None,
    executable: frozenset[str] | None = None,
) -> Setup:
    """The setup of a project, the files that okamochi rendered included."""
    paths = tuple(path for path in project.files() if path.count("/") < DEEPEST)
    unread: list[tuple[str, int, str]] = []
    dockerfiles = tuple(read_dockerfiles(project, few(paths, DOCKERFILE)))
    composes = tuple(
        documents(project, sorted(few(paths, COMPOSE), key=compose_order), yaml_nodes, unread, is_compose)
    )
    composes = with_desk(composes)
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
    )
    return with_containers(setup)


def with_containers(setup: Setup) -> Setup:
    """All of them, in the order of images, Compose, Kubernetes, ECS."""
    images = tuple(one for file in setup.dockerfiles for one in image_containers(file))
    services = tuple(one for file in setup.composes for one in compose_containers(file, setup))
    own = own_images(setup, images)
    pods = tuple(one for file in setup.manifests for one in pod_containers(file, own))
    tasks = tuple(one for file in setup.task_definitions for one in task_containers(file, own))
    return replace(setup, containers=(*images, *services, *pods, *tasks))


def few(paths: Iterable[str], pattern: re.Pattern[str]) -> list[str]:
    return [path for path in paths if pattern.fullmatch(path)][:MOST_FILES]


def texts(project: ProjectFiles, paths: Iterable[str]) -> Iterator[TextFile]:
    for path in paths:
        text = project.read_text(path)
        if text is not None:
            yield TextFile(path, text)


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
        desk = is_desk_file(file.path) or (
            not is_production_file(file.path) and any(map(is_production_file, beside))
        )
        yield Dockerfile(file, stages, shipped(stages), desk)


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
                    yield Document(
                        file, one, is_desk_file(file.path) or says_desk(file) or takes_desk_variables(node)
                    )


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


def parts_of(path: str) -> set[str]:
    return set(re.split(r"[._/-]", path.lower()))


def is_desk_file(path: str) -> bool:
    """Whether its name or folder says that it is for developers or tests."""
    return bool(parts_of(path) & DESK)


def says_desk(file: TextFile) -> bool:
    """Whether the comment at its head says "for development", before it speaks of production."""
    head = itertools.takewhile(lambda line: line.startswith(("#", "//")) or not line.strip(), file.lines)
    return HEAD.search("\n".join(head).lower().partition("produc")[0]) is not None


def takes_desk_variables(node: Node) -> bool:
    """Whether a service of a Compose file gets its variables from a file for the desk: .env.dev."""
    given = (service.get("env_file") for _, service in node.get("services").pairs)
    return any(is_desk_file(one.text) for listed in given for one in (listed, *listed.items) if one.text)


def is_production_file(path: str) -> bool:
    return bool(parts_of(posixpath.basename(path)) & PRODUCTION)


def with_desk(composes: tuple[Document, ...]) -> tuple[Document, ...]:
    """Where a file for production stands by itself (it says where its images come from), those beside it that
    say nothing of production are for the desk."""
    alone = {
        posixpath.dirname(one.path)
        for one in composes
        if is_production_file(one.path) and stands_alone(one.root)
    }
    return tuple(
        replace(one, desk=True)
        if posixpath.dirname(one.path) in alone and not is_production_file(one.path)
        else one
        for one in composes
    )


def stands_alone(root: Node) -> bool:
    return any(service.get("build") or service.get("image") for _, service in root.get("services").pairs)


def compose_order(path: str) -> tuple[int, str]:
    name = posixpath.basename(path)
    place = FIRST.index(name) if name in FIRST else len(FIRST) + ("override" not in name)
    return place, path
