"""The root file system is read-only, and a folder that the app writes has no volume.

gunicorn ends at once without a writable /tmp (`No usable temporary directory found`; measured): it keeps
a file there by which it sees that its workers live. Fargate takes `tmpfs` since January 2026.

Fix: `"linuxParameters": {"tmpfs": [{"containerPath": "/tmp", "size": 64}]}`; EFS for what has to stay.

Okamochi: tmpfs for /tmp and what else the app writes for a while.

See: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html
"""

from okamochi.audit.read_only import closed_at, unwritable
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import task_containers

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for task, container in task_containers(setup):
        line = closed_at(container) if container.own else 0
        without_tmp, folders = unwritable(container, setup) if line else (False, ())
        missing = (*(("/tmp",) if without_tmp else ()), *folders)
        if missing:
            yield Found(
                path=task.path,
                line=line,
                message=f"{container.name} writes {', '.join(missing[:4])} and may not: the root is "
                "read-only and nothing is mounted there",
                hint='"tmpfs": [{"containerPath": "/tmp", "size": 64}] for what may go, EFS for the rest',
            )
