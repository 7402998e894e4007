"""gunicorn's workers give their sign of life by a file on disk.

Each worker changes the mode of a temporary file again and again, and a worker that does not is killed
after `--timeout`. The file is in /tmp, which is the container's own layer on the host's disk: where that
disk stalls, workers that are well are killed ("WORKER TIMEOUT").

Fix: `--worker-tmp-dir /dev/shm`, which is memory; or a tmpfs on /tmp.

Okamochi: the sign of life is in /dev/shm.

See: https://docs.gunicorn.org/en/stable/faq.html (os.fchmod)
"""

from okamochi.audit.read_only import closed_at, writable_places
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.written_folders import is_below, needs_tmp

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    """Once: the option goes to one place. Other rules speak of /tmp where the root is read-only."""
    for container in setup.production:
        in_memory = is_below("/tmp", writable_places(container))
        if needs_tmp(container, setup) and not in_memory and not closed_at(container):
            yield Found(
                path=container.command.path,
                line=container.command.line,
                message="workers show that they live by a file on the container's disk: where that stalls, "
                "they are killed",
                hint="--worker-tmp-dir /dev/shm",
            )
            return
