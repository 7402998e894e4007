"""The containers together ask for more than their task has.

The definition is refused where the sum of the containers' `memory` or `cpu` is above the task's.

Fix: smaller parts, or a larger task.

See: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import Task, mebibytes, tasks, units

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for task in tasks(setup):
        memory, cpu = mebibytes(task.root.get("memory").text), units(task.root.get("cpu").text)
        parts = sum_of(task, ("memoryReservation", "memory"))
        if memory is not None and parts > memory:
            yield found(task, "memory", parts, memory)
        if cpu is not None and sum_of(task, ("cpu",)) > cpu:
            yield found(task, "cpu", sum_of(task, ("cpu",)), cpu)


def sum_of(task: Task, names: tuple[str, ...]) -> int:
    """Of what is reserved: the first of the names that a container has."""
    total = 0
    for container in task.containers:
        values = (container.node.get(name).value for name in names)
        total += next((value for value in values if isinstance(value, int)), 0)
    return total


def found(task: Task, name: str, parts: int, whole: int) -> Found:
    return Found(
        path=task.path,
        line=task.root.key(name).line,
        message=f"the containers reserve {parts} of {name} and the task has {whole}: it is refused",
        hint=f"at most {whole} together",
    )
