"""Folders and files that a server and the app write, as paths of the image."""

import posixpath
from collections.abc import Iterable, Iterator

from okamochi.audit.containers import Container
from okamochi.audit.gunicorn_files import gunicorn_value
from okamochi.audit.interpolation import known_to_compose, resolved
from okamochi.audit.servers import servers
from okamochi.audit.setup import Setup
from okamochi.model.plan import APP_ROOT, MOVED_ROOT
from okamochi.model.process import Volume
from okamochi.system.patterns import regex

__all__ = ["is_below", "movers", "needs_tmp", "written_folders"]

SQLITE = regex(r"sqlite(?:\+\w+)?:///(?P<path>/[^?]*)")


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
    kept = (place_of(one, container, setup) for one in plan.volumes if not one.path.startswith(MOVED_ROOT))
    others = (*(one.path for one in plan.moved_files), *(one.path for one in plan.temporary_folders))
    there = (*(path for path in kept if path), *(below_root(path, container) for path in others))
    return tuple(dict.fromkeys(there))


def movers(volume: Volume, setup: Setup) -> tuple[str, ...]:
    """Variables by which okamochi's own image, and no other, leads the app into the volume."""
    given = setup.plan.image_environment if setup.plan is not None else ()
    return tuple(name for name, value in given if f"{volume.path}/" in f"{value}/")


def place_of(volume: Volume, container: Container, setup: Setup) -> str:
    """Where this container has what okamochi keeps in a volume; "" where its files do not say."""
    moved = movers(volume, setup)
    return next(given_places(moved, container, setup), "") if moved else below_root(volume.path, container)


def given_places(names: Iterable[str], container: Container, setup: Setup) -> Iterator[str]:
    known = known_to_compose(setup, container.path)
    for name in names:
        match = SQLITE.fullmatch(resolved(container.given(name), known) or "")
        if match is not None:
            yield posixpath.dirname(match["path"])


def below_root(path: str, container: Container) -> str:
    return path.replace(APP_ROOT, root_of(container), 1) if path.startswith(APP_ROOT) else path


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
