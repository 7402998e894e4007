"""The root file system is read-only, and a folder that the app writes has no volume.

gunicorn ends at once without a writable /tmp (`No usable temporary directory found`; measured): it keeps
a file there by which it sees that its workers live. Fargate takes `tmpfs` since January 2026.

Fix: `"linuxParameters": {"tmpfs": [{"containerPath": "/tmp", "size": 64}]}`; EFS for what has to stay.

Okamochi: tmpfs for /tmp and what else the app writes for a while.

See: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html
"""

from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import task_containers
from okamochi.audit.written_folders import is_below, needs_tmp, written_folders

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for task, container in task_containers(setup):
        node = container.node.get("readonlyRootFilesystem")
        if not container.own or node.value is not True:
            continue
        places = mounted(container)
        wanted = (*(("/tmp",) if needs_tmp(container, setup) else ()), *written_folders(container, setup))
        missing = [path for path in wanted if not is_below(path, places)]
        if missing:
            yield Found(
                path=task.path,
                line=container.node.key("readonlyRootFilesystem").line,
                message=f"{container.name} writes {', '.join(missing[:4])} and may not: the root is "
                "read-only and nothing is mounted there",
                hint='"tmpfs": [{"containerPath": "/tmp", "size": 64}] for what may go, EFS for the rest',
            )


def mounted(container: Container) -> tuple[str, ...]:
    points = container.node.get("mountPoints").items
    tmpfs = container.node.get("linuxParameters", "tmpfs").items
    return tuple(one.get("containerPath").text for one in (*points, *tmpfs))
