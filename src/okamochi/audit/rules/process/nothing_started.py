"""A service has nothing to start: neither the Dockerfile nor Compose names a command.

The base's own command is `python3`, which reads from a terminal. There is none, so that it ends at once with
exit code 0: the container is gone as soon as it is there, and with `restart: always` that goes round for
ever. `docker compose logs` shows nothing.

Fix: a CMD in the stage that is shipped, or `command` at the service.

Okamochi: the command stands in the plan, and in the image.

See: https://docs.docker.com/reference/dockerfile/#cmd
"""

from okamochi.audit.images import image_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import merged, services

SEVERITY = Severity.ERROR

# whose own command is an interpreter or a shell
BARE = frozenset(("python", "pypy", "debian", "ubuntu", "alpine"))
KEEPS = ("stdin_open", "tty", "profiles", "extends", "command", "entrypoint")


def look(setup: Setup) -> Finds:
    for container in services(setup):
        if container.stage is None or container.command or container.entrypoint:
            continue
        image = image_of(container.stage.image)
        if image is None or image.name.rpartition("/")[2] not in BARE:
            continue
        same = merged(container, setup)
        if any(one.node.get(key) for one in same for key in KEEPS):
            continue
        yield Found(
            path=container.path,
            line=container.line,
            message=f"{container.name} starts {'python3' if image.is_python else 'a shell'} without a "
            f"terminal, which ends at once: neither {container.stage_path} nor this file has a command",
            hint='command: gunicorn …, or CMD ["gunicorn", …] in the Dockerfile',
        )
