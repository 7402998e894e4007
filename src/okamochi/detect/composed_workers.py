"""Workers that a compose file starts from the project's own image: services that are built here, with the
command of a worker's program. Those of RQ are another module's: they have to be told where Redis is."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from okamochi.containerfiles.command_lines import commands_of
from okamochi.detect.compose_files import own_services
from okamochi.detect.platform_files import StatedCommand
from okamochi.system.project_files import ProjectFiles

__all__ = ["WORKER_PROGRAMS", "composed_workers"]

WORKER_PROGRAMS = frozenset(
    ["celery", "dramatiq", "huey_consumer", "huey_consumer.py", "arq", "saq", "taskiq"]
)
# celery and taskiq have other commands, too: dashboards, questions
STARTED = frozenset(["worker", "beat", "scheduler"])
SEVERAL = frozenset(["celery", "taskiq"])


def composed_workers(project: ProjectFiles) -> tuple[StatedCommand, ...]:
    """Named as their services are. What a service does beside that (`sleep 5 && celery ...`) is left out; a
    command with a variable of the shell is no statement."""
    return tuple(
        StatedCommand(service.name, command, service.path, service.line_of(f"{service.name}:"))
        for service in own_services(project)
        if (command := _command(service.settings))
    )


def _command(settings: Mapping[str, Any]) -> str:
    """ "" for a service that starts no worker, or several."""
    for key in ("command", "entrypoint"):
        started = tuple(one for one in commands_of(_text(settings.get(key))) if _is_worker(one))
        if len(started) == 1:
            return "" if "$" in "".join(started[0]) else shlex.join(started[0])
    return ""


def _text(value: Any) -> str:
    return shlex.join(map(str, value)) if isinstance(value, list) else str(value or "")


def _is_worker(argv: tuple[str, ...]) -> bool:
    program = argv[0].rpartition("/")[2]
    return program in WORKER_PROGRAMS and (program not in SEVERAL or not STARTED.isdisjoint(_words(argv)))


def _words(argv: tuple[str, ...]) -> Iterator[str]:
    return (word for word in argv[1:] if not word.startswith("-"))
