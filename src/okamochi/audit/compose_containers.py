"""Containers as a Compose file describes them."""

import posixpath
from collections.abc import Iterator

from okamochi.audit.commands import Command, command_of_node, joined
from okamochi.audit.containers import Container, ContainerKind, Variable
from okamochi.audit.image_containers import start_of, variables_of
from okamochi.audit.interpolation import known_to_compose, resolved
from okamochi.audit.setup import Dockerfile, Document, Setup
from okamochi.containerfiles.compose_forms import Build
from okamochi.containerfiles.desk import is_desk_name
from okamochi.containerfiles.dockerfile import Stage
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.errors import UsageError
from okamochi.model.env_file import parse_env_file
from okamochi.model.service_images import SERVERS
from okamochi.system.patterns import regex

__all__ = ["PYTHON_START", "compose_containers", "is_backing_image", "variables_of_env_files"]

# what others made beside the servers that apps connect to: brokers, proxies, tools to look at them
OTHERS = (
    "percona|keydb|couchdb|elasticsearch|opensearch|kafka|zookeeper|nats|mosquitto|localstack|nginx|traefik"
    "|caddy|haproxy|envoy|httpd|apache|adminer|pgadmin4?|phpmyadmin|mailhog|mailpit|maildev|prometheus|grafana"
    "|loki|jaeger|zipkin|keycloak|vault|consul|etcd|flower|portainer|watchtower|certbot|cloudflared|selenium"
    "|node|busybox|alpine|pgbouncer|metabase|qdrant|weaviate|chroma|neo4j|influxdb|clickhouse|ollama|mssql|oracle"
)
SERVER_NAMES = "|".join(name for one in SERVERS for name in one.names)
BACKING = regex(rf"(?:[\w.-]+(?::\d+)?/)*(?:{SERVER_NAMES}|{OTHERS})[\w-]*(?::[\w.-]+)?(?:@.*)?")
PYTHON_START = regex(
    r"\b(?:python3?|gunicorn|uvicorn|flask|celery|rq|streamlit|uwsgi|hypercorn|manage\.py|waitress|fastapi"
    r"|granian|daphne|dramatiq|huey|arq|alembic|django-admin)\b"
)


def compose_containers(file: Document, setup: Setup) -> Iterator[Container]:
    """Of all services of one file, in its order."""
    services = file.root.get("services")
    for key, service in services.pairs:
        if service.kind == "mapping":
            yield container_of(file, key, service, setup)


def container_of(file: Document, key: Node, service: Node, setup: Setup) -> Container:
    built = stage_of(file, service, setup)
    stage, stage_path, desk_image = built if built is not None else (None, "", False)
    image = image_of_service(service, file, setup)
    below = start_of(stage, stage_path) if stage is not None else (Command(), Command())
    entrypoint = command_of_node(file.path, service.get("entrypoint"))
    command = command_of_node(file.path, service.get("command"))
    if entrypoint:
        below = (entrypoint, Command())  # it resets the image's command as well
    started = joined(below[0], command or below[1])
    own = stage is not None or (
        (not service.get("build") and is_own_name(image, file, setup))
        or (not is_backing_image(image) and PYTHON_START.search(command.line_text) is not None)
    )
    variables = {
        one.name: one
        for one in (
            *(variables_of(stage, stage_path) if stage else ()),
            *environment_of(file, service, setup),
        )
    }
    return Container(
        kind=ContainerKind.COMPOSE,
        name=key.text,
        path=file.path,
        line=key.line,
        own=own,
        desk=file.desk or desk_image,
        image=image,
        command=started,
        entrypoint=below[0],
        environment=tuple(variables.values()),
        stage=stage,
        stage_path=stage_path,
        node=service,
    )


def stage_of(file: Document, service: Node, setup: Setup) -> tuple[Stage, str, bool] | None:
    """The stage that a service is built from, its file, and whether that is for the desk; None where nothing
    is built, or not from a Dockerfile with Python in it."""
    said = service.get("build")
    if not said:
        return None
    build = Build.of(said.plain()).below(posixpath.dirname(file.path))
    dockerfile = setup.dockerfile(build.dockerfile)
    if dockerfile is None:
        return None
    stage = stage_named(dockerfile, build.target)
    return stage, dockerfile.path, is_desk_name(stage.name)


def stage_named(dockerfile: Dockerfile, target: str) -> Stage:
    """What Compose builds: the target, else the last stage."""
    named = next((one for one in dockerfile.stages if target and one.name == target), None)
    return named or dockerfile.stages[-1]


def image_of_service(service: Node, file: Document, setup: Setup) -> str:
    """As Compose makes it, by the default of a variable, too; as it is written where nobody can tell."""
    text = service.get("image").text
    return (resolved(text, known_to_compose(setup, file.path)) or text) if "$" in text else text


def is_own_name(image: str, file: Document, setup: Setup) -> bool:
    """Whether another service of the file builds an image of that name."""
    return bool(image) and any(
        one.get("build") and image_of_service(one, file, setup) == image
        for _, one in file.root.get("services").pairs
    )


def is_backing_image(image: str) -> bool:
    """Whether it is a database, a proxy or a tool that others made."""
    return BACKING.fullmatch(image) is not None


def environment_of(file: Document, service: Node, setup: Setup) -> Iterator[Variable]:
    """What env_file and then `environment` give; a later one of the same name counts."""
    yield from variables_of_env_files(file.path, service, setup)
    yield from variables_of_node(service.get("environment"), file.path)


def variables_of_env_files(path: str, service: Node, setup: Setup) -> Iterator[Variable]:
    """In their order, as a service of the Compose file `path` lists them."""
    listed = service.get("env_file")
    for one in listed.items if listed.kind == "list" else (listed,):
        name = one.get("path").text if one.kind == "mapping" else one.text
        if name:
            yield from variables_of_file(
                posixpath.normpath(posixpath.join(posixpath.dirname(path), name)), setup
            )


def variables_of_file(path: str, setup: Setup) -> Iterator[Variable]:
    try:
        found = parse_env_file(setup.file(path).text, where=path)
    except UsageError:
        return
    lines = dict(found.lines)
    for name, value in found.values:
        yield Variable(name, value, path, lines.get(name, 0))


def variables_of_node(node: Node, path: str) -> Iterator[Variable]:
    """Of Compose's two forms: a mapping, or a list of NAME=value and NAME."""
    for key, value in node.pairs:
        yield Variable(key.text, value.text if value.value is not None else None, path, key.line)
    for one in node.items:
        name, assigns, text = one.text.partition("=")
        yield Variable(name, text if assigns else None, path, one.line)
