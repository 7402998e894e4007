"""What a devcontainer.json is made of: the stage or service behind it, its commands."""

import posixpath
from collections.abc import Iterator

import msgspec

from okamochi.audit.containers import Container
from okamochi.audit.services import services
from okamochi.audit.setup import Dockerfile, Document, Setup
from okamochi.containerfiles.command_lines import commands_of
from okamochi.containerfiles.dockerfile import Stage
from okamochi.containerfiles.yaml_nodes import Node

__all__ = ["commands", "dockerfile_behind", "service_behind", "stage_behind"]

# https://containers.dev/implementors/json_reference/#lifecycle-scripts
LIFECYCLE = (
    "onCreateCommand",
    "updateContentCommand",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
)


class LifecycleCommand(msgspec.Struct, frozen=True):
    """`argv` is one program that the command called `name` starts."""

    name: str
    line: int
    argv: tuple[str, ...]


def commands(file: Document) -> Iterator[LifecycleCommand]:
    """Of all that run in the container, one for each program."""
    for name in LIFECYCLE:
        key, value = file.root.key(name), file.root.get(name)
        for text in texts_of(value):
            for argv in commands_of(text):
                yield LifecycleCommand(name, key.line, argv)


def texts_of(value: Node) -> Iterator[str]:
    """A text, a list of words, or several of both by name."""
    if value.kind == "mapping":
        for _, one in value.pairs:
            yield from texts_of(one)
    elif value.kind == "list":
        yield " ".join(one.text for one in value.items)
    elif value.text:
        yield value.text


def dockerfile_behind(file: Document, setup: Setup) -> Dockerfile | None:
    """The one that it names by itself; None for an image or a service."""
    name = file.root.get("build", "dockerfile").text or file.root.get("dockerFile").text
    if not name:
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), name))
    return setup.dockerfile(path)


def service_behind(file: Document, setup: Setup) -> Container | None:
    """The last of its Compose files that describes the service counts most."""
    named = file.root.get("dockerComposeFile")
    name = file.root.get("service").text
    found = None
    for one in named.items if named.kind == "list" else (named,):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), one.text))
        for service in services(setup, desk=True):
            if service.path == path and service.name == name:
                found = service if found is None or service.stage is not None else found
    return found


def stage_behind(file: Document, setup: Setup) -> Stage | None:
    """What it is built from; None where that is no stage of the project's."""
    dockerfile = dockerfile_behind(file, setup)
    if dockerfile is not None:
        target = file.root.get("build", "target").text.lower()
        return next((one for one in dockerfile.stages if one.name == target), dockerfile.stages[-1])
    service = service_behind(file, setup)
    return service.stage if service is not None else None
