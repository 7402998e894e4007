"""ECS task definitions, and what runs in them."""

from collections.abc import Iterator

from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.setup import Described, Setup

__all__ = ["Task", "is_essential", "task_containers", "tasks"]


class Task(Described, frozen=True, kw_only=True):
    """`containers` are in the file's order."""

    containers: tuple[Container, ...]

    @property
    def fargate(self) -> bool:
        """Whether the file says that it is for Fargate, and for nothing else."""
        return [one.text for one in self.root.get("requiresCompatibilities").items] == ["FARGATE"]

    @property
    def network_mode(self) -> str:
        """bridge, where nothing is said."""
        return self.root.get("networkMode").text or "bridge"


def tasks(setup: Setup) -> Iterator[Task]:
    """Those that are not for developers."""
    described = setup.of_kind(ContainerKind.ECS)
    for document in setup.task_definitions:
        if not document.desk:
            inside = tuple(one for one in described if one.pod is document.root)
            yield Task(document=document, containers=inside)


def task_containers(setup: Setup) -> Iterator[tuple[Task, Container]]:
    for task in tasks(setup):
        for container in task.containers:
            yield task, container


def is_essential(container: Container) -> bool:
    """It is, unless it says that it is not."""
    return container.node.get("essential").value is not False
