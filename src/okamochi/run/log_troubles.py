"""What the log of an app that serves tells of: it goes on, and some of its visitors were not served."""

from okamochi.run.file_failures import full_folder
from okamochi.run.traces import Cause
from okamochi.run.worker_failures import killed_workers, worker_timeout
from okamochi.system.words import counted

__all__ = ["troubles"]


def troubles(log: str) -> tuple[Cause, ...]:
    """Each told once, however often it happened."""
    found = (killed(log), full_folder(log), worker_timeout(log))
    return tuple(one for one in found if one is not None)


def killed(log: str) -> Cause | None:
    """The engine tells nothing of that: the container goes on with another worker."""
    workers = killed_workers(log)
    if not workers:
        return None
    verb = "was" if len(workers) == 1 else "were"
    return Cause(
        f"{counted(len(workers), 'worker')} of gunicorn {verb} killed by the system, most likely for want of "
        "memory",
        'give it more: [tool.okamochi] memory = "1G"; or fewer workers: WEB_CONCURRENCY=1',
    )
