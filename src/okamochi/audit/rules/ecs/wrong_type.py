"""A field has a number where ECS takes text, or text where it takes a number.

`cpu` and `memory` of a task are text, those of a container are numbers; values of variables are text. The
command line refuses the file before it is sent: `Invalid type for parameter cpu, value: 256, type: <class
'int'>, valid types: <class 'str'>`.

Fix: quotes around one, none around the other.

See: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
"""

from collections.abc import Iterator

from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity
from okamochi.audit.tasks import Task, tasks
from okamochi.containerfiles.yaml_nodes import Node

SEVERITY = Severity.ERROR
NUMBERS = ("cpu", "memory", "memoryReservation", "stopTimeout", "startTimeout")
PORTS = ("containerPort", "hostPort")
CHECKS = ("interval", "timeout", "retries", "startPeriod")


def look(setup: Setup) -> Finds:
    for task in tasks(setup):
        for what, node in texts(task):
            if node.kind == "scalar" and not node.quoted and node.value is not None:
                yield found(setup, task, what, node, f'"{node.text}"')
        for what, node in numbers(task):
            if node.kind == "scalar" and node.quoted and node.text.isdecimal():
                yield found(setup, task, what, node, node.text)


def texts(task: Task) -> Iterator[tuple[str, Node]]:
    yield "cpu of a task", task.root.get("cpu")
    yield "memory of a task", task.root.get("memory")
    for container in task.containers:
        for variable in container.node.get("environment").items:
            yield f"the value of {variable.get('name').text}", variable.get("value")
        for word in (*container.node.get("command").items, *container.node.get("entryPoint").items):
            yield "a word of a command", word
        for key, value in container.node.get("logConfiguration", "options").pairs:
            yield key.text, value


def numbers(task: Task) -> Iterator[tuple[str, Node]]:
    for container in task.containers:
        for name in NUMBERS:
            yield f"{name} of a container", container.node.get(name)
        for port in container.node.get("portMappings").items:
            for name in PORTS:
                yield name, port.get(name)
        for name in CHECKS:
            yield f"{name} of a health check", container.node.get("healthCheck", name)


def found(setup: Setup, task: Task, what: str, node: Node, right: str) -> Found:
    kind = "text" if right.startswith('"') else "a number"
    line = setup.file(task.path).line(node.line)
    written = node.text if kind == "text" else f'"{node.text}"'
    edits: tuple[Edit, ...] = ()
    if line.count(f": {written}") == 1 and line.strip().startswith('"'):
        edits = (Edit(task.path, node.line, node.line, line.replace(f": {written}", f": {right}")),)
    return Found(
        path=task.path,
        line=node.line,
        message=f"{what} has to be {kind}: the file is refused before it is sent",
        hint=right,
        edits=edits,
    )
