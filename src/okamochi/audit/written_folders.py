"""Folders and files that a server and the app write, as paths of the image."""

import posixpath
from collections.abc import Iterable

from okamochi.audit.containers import Container
from okamochi.audit.gunicorn_files import gunicorn_value
from okamochi.audit.servers import servers
from okamochi.audit.setup import Setup
from okamochi.model.plan import APP_ROOT, MOVED_ROOT

__all__ = ["is_below", "needs_tmp", "written_folders"]


def needs_tmp(container: Container, setup: Setup) -> bool:
    """Whether gunicorn keeps its heartbeat in /tmp."""
    started = [one for one in servers(container) if one.name == "gunicorn"]
    moved = any(gunicorn_value(one, "worker-tmp-dir", setup).is_given for one in started)
    ours = "/opt/okamochi/" in container.command.line_text  # its configuration goes to /dev/shm by itself
    return bool(started) and not moved and not ours and container.variable("TMPDIR") is None


def written_folders(container: Container, setup: Setup) -> tuple[str, ...]:
    """Those that the plan knows, where the image has the code."""
    if setup.plan is None or container.stage is None or not servers(container):
        return ()
    plan = setup.plan
    # okamochi's own image has links to files that it moves out of the code; others have the files there
    paths = (
        *(one.path for one in plan.volumes if not one.path.startswith(MOVED_ROOT)),
        *(one.path for one in plan.moved_files),
        *(one.path for one in plan.temporary_folders),
    )
    root = root_of(container)
    moved = (path.replace(APP_ROOT, root, 1) if path.startswith(APP_ROOT) else path for path in paths)
    return tuple(dict.fromkeys(moved))


def root_of(container: Container) -> str:
    """Where the code is: the last WORKDIR."""
    found = container.stage.last("WORKDIR") if container.stage is not None else None
    text = found.rest.strip("\"'") if found is not None else APP_ROOT
    return posixpath.normpath(text) if text.startswith("/") and "$" not in text else APP_ROOT


def is_below(path: str, places: Iterable[str]) -> bool:
    """Whether it is one of these folders, or in one."""
    return any(
        place.strip("/") and (path == place.rstrip("/") or path.startswith(f"{place.rstrip('/')}/"))
        for place in places
    )
