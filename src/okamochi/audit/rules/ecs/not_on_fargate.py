"""A setting that Fargate does not have.

There is no host to reach: no `privileged`, no devices, no `sharedMemorySize`, no swap, no volumes of a host,
no links, no placement. The definition is refused. cfn-lint passed `sharedMemorySize`. (`tmpfs` and
`readonlyRootFilesystem` are there.)

Fix: take it away. Shared memory is 64 MB of /dev/shm; for more, a `tmpfs` and a program that is told to use
it.

See: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
"""

from collections.abc import Iterator

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import Task, tasks
from okamochi.containerfiles.yaml_nodes import Node
from okamochi.system.words import word_tuple

SEVERITY = Severity.ERROR
OF_CONTAINERS = word_tuple(
    "dockerSecurityOptions links hostname extraHosts disableNetworking dnsServers dnsSearchDomains"
)
OF_LINUX = ("sharedMemorySize", "devices", "maxSwap", "swappiness")
# the only one that may be added: botocore's documentation of KernelCapabilities
ADDED = "SYS_PTRACE"


def look(setup: Setup) -> Finds:
    for task in tasks(setup):
        for key, name in unknown(task) if task.fargate else ():
            yield Found(
                path=task.path,
                line=key.line,
                message=f"Fargate has no {name}: the definition is refused",
                hint="take it away",
            )


def unknown(task: Task) -> Iterator[tuple[Node, str]]:
    for container in task.containers:
        node = container.node
        for name in OF_CONTAINERS:
            if node.get(name) and node.get(name).value is not False and node.get(name).plain() != []:
                yield node.key(name), name
        if node.get("privileged").value is True:
            yield node.key("privileged"), "privileged containers"
        linux = node.get("linuxParameters")
        for name in OF_LINUX:
            if linux.get(name) and linux.get(name).plain() != []:
                yield linux.key(name), name
        for added in linux.get("capabilities", "add").items:
            if added.text != ADDED:
                yield added, f"capability {added.text} to add"
        for need in node.get("resourceRequirements").items:
            if need.get("type").text == "GPU":
                yield need, "GPU"
    yield from of_task(task)


def of_task(task: Task) -> Iterator[tuple[Node, str]]:
    for volume in task.root.get("volumes").items:
        if volume.get("host", "sourcePath").text:
            yield volume.get("host").key("sourcePath"), "folders of a host"
        if volume.get("dockerVolumeConfiguration"):
            yield volume.key("dockerVolumeConfiguration"), "dockerVolumeConfiguration"
    if task.root.get("placementConstraints").items:
        yield task.root.key("placementConstraints"), "placementConstraints"
    if task.root.get("ipcMode").text:
        yield task.root.key("ipcMode"), "ipcMode"
    if task.root.get("pidMode").text == "host":
        yield task.root.key("pidMode"), "pidMode host"
