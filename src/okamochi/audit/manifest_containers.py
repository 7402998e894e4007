"""Containers as Kubernetes objects and ECS task definitions describe them."""

from collections.abc import Iterator

from okamochi.audit.commands import Command, command_of_node, joined
from okamochi.audit.compose_containers import PYTHON_START
from okamochi.audit.containers import Container, ContainerKind, Variable
from okamochi.audit.own_images import OwnImages
from okamochi.audit.setup import Document
from okamochi.containerfiles.yaml_nodes import NOTHING, Node

__all__ = ["pod_containers", "pod_of", "task_containers"]


def pod_of(root: Node) -> Node:
    """The pod's spec of an object that makes pods; `NOTHING` for others."""
    match root.get("kind").text:
        case "Pod":
            return root.get("spec")
        case "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job":
            return root.get("spec", "template", "spec")
        case "CronJob":
            return root.get("spec", "jobTemplate", "spec", "template", "spec")
        case _:
            return NOTHING


def pod_containers(file: Document, images: OwnImages) -> Iterator[Container]:
    """Of one object; init containers first."""
    pod = pod_of(file.root)
    for key in ("initContainers", "containers"):
        for node in pod.get(key).items:
            yield described(file, node, images, pod, ContainerKind.KUBERNETES, ("command", "args"))


def task_containers(file: Document, images: OwnImages) -> Iterator[Container]:
    for node in file.root.get("containerDefinitions").items:
        yield described(file, node, images, file.root, ContainerKind.ECS, ("entryPoint", "command"))


def described(
    file: Document, node: Node, images: OwnImages, around: Node, kind: ContainerKind, keys: tuple[str, str]
) -> Container:
    """`keys` are what stands for the image's entry point and for its command."""
    image = node.get("image").text
    own = image in images
    below = images.made if own else None
    entrypoint, command = (command_of_node(file.path, node.get(key)) for key in keys)
    if entrypoint:
        started = joined(entrypoint, command)
    elif below is not None and command:
        started = joined(below.entrypoint, command)
    else:
        started = below.command if below is not None and not command else command
    own = own or starts_python(started)
    inherited = below.environment if below is not None else ()
    variables = {one.name: one for one in (*inherited, *variables_of(file, node))}
    return Container(
        kind=kind,
        name=node.get("name").text,
        path=file.path,
        line=node.line,
        own=own,
        desk=file.desk,
        image=image,
        command=started,
        entrypoint=entrypoint or (below.entrypoint if below is not None else Command()),
        environment=tuple(variables.values()),
        stage=below.stage if below is not None else None,
        stage_path=below.stage_path if below is not None else "",
        node=node,
        pod=around,
    )


def starts_python(command: Command) -> bool:
    return PYTHON_START.search(command.line_text) is not None


def variables_of(file: Document, node: Node) -> Iterator[Variable]:
    """Of a list of names with values; a value that comes from elsewhere (valueFrom) is None."""
    for one in (*node.get("env").items, *node.get("environment").items):
        value = one.get("value")
        yield Variable(one.get("name").text, value.text if value else None, file.path, one.line)
