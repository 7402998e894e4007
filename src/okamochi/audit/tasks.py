"""ECS task definitions, and what runs in them."""

import re
from collections.abc import Iterator

from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.setup import Described, Setup

__all__ = ["Task", "fitting_memory", "is_essential", "mebibytes", "task_containers", "tasks", "units"]

GIB = 1024
# which memory goes with which processors on Fargate:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
# of a vCPU in units: the least and the most memory in GiB, and the step
STEPS = {
    512: (1, 4, 1),
    1024: (2, 8, 1),
    2048: (4, 16, 1),
    4096: (8, 30, 1),
    8192: (16, 60, 4),
    16384: (32, 120, 8),
}


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


def fitting_memory(cpu: int) -> tuple[int, ...]:
    """In MiB, smallest first; () where Fargate has no task of that size, as far as is known here."""
    if cpu == 256:
        return (512, 1024, 2048)
    if cpu not in STEPS:
        return ()
    least, most, step = STEPS[cpu]
    return tuple(gib * GIB for gib in range(least, most + 1, step))


def units(text: str) -> int | None:
    """Of "256" and "0.5 vCPU"."""
    found = re.fullmatch(r"(\d*\.?\d+)\s*(vcpu)?", text.strip(), re.IGNORECASE)
    if found is None:
        return None
    return round(float(found[1]) * (1024 if found[2] else 1))


def mebibytes(text: str) -> int | None:
    """Of "512" and "1 GB"."""
    found = re.fullmatch(r"(\d*\.?\d+)\s*(gb)?", text.strip(), re.IGNORECASE)
    if found is None:
        return None
    return round(float(found[1]) * (GIB if found[2] else 1))
