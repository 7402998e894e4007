"""What the app writes lies in the container, and is gone with it.

A SQLite file, uploads or an instance folder without a volume are there until the next `up` after a
build: the container is made anew, from the image. Restarts keep it, so that nobody notices before the
first update.

Fix: a volume at that folder; a database server for what matters.

Okamochi: a volume for each folder and SQLite file that the code writes.

See: https://docs.docker.com/engine/storage/
"""

import posixpath
import re

from okamochi.audit.containers import Container
from okamochi.audit.interpolation import known_to_compose, resolved
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers
from okamochi.audit.services import merged, services, workdir
from okamochi.audit.written_folders import movers
from okamochi.model.plan import APP_ROOT

SEVERITY = Severity.WARNING

# a part that the code fills in
MADE_UP = re.compile(r"[%{}<>*]")
SERVER = re.compile(r"(?:postgres(?:ql)?|mysql|mariadb)(?:\+\w+)?://")
OF_SQLITE = ("SQLite file", "makes the folder")
SQLITE = re.compile(r"sqlite(?:\+\w+)?:///(?P<path>[^?]+)")


def look(setup: Setup) -> Finds:
    told: set[str] = set()
    for container in services(setup):
        if not container.own or container.stage is None or keeps_something(container, setup):
            continue
        found = sqlite_given(container, setup)
        if found is not None:
            yield found
        elif (
            serves(container)
            and container.path not in told
            and setup.plan is not None
            and has_this_app(container, setup)
        ):
            home = workdir(container.stage)
            kept = [one for one in setup.plan.volumes if not of_a_server(one.path, container, setup)]
            for volume in kept[:1] if home else ():
                if movers(volume, setup):
                    continue  # okamochi's own image alone leads the app there
                path = posixpath.join(home, posixpath.relpath(volume.path, APP_ROOT))
                if volume.path.startswith(f"{APP_ROOT}/") and not MADE_UP.search(volume.path):
                    told.add(container.path)
                    yield Found(
                        path=container.path,
                        line=container.line,
                        message=f"the app keeps data in {path} without a volume: gone with the next image",
                        hint=f"volumes: [{volume.name}:{path}], and {volume.name}: below the file's volumes",
                    )


def sqlite_given(container: Container, setup: Setup) -> Found | None:
    known = known_to_compose(setup, container.path)
    for one in container.environment:
        match = SQLITE.fullmatch(resolved(one.value, known) or "") if one.value else None
        if match is not None and match["path"] != ":memory:" and one.path == container.path:
            return Found(
                path=one.path,
                line=one.line,
                message=f"{one.name} keeps the database in the container: it is gone with the next image",
                hint="a volume at its folder, or a database server",
            )
    return None


def of_a_server(folder: str, container: Container, setup: Setup) -> bool:
    """Whether SQLite alone would be in the folder, and the container is given a server in its place."""
    decisions = setup.plan.decisions if setup.plan is not None else ()
    reasons = [
        place.reason for one in decisions if one.field == f"volumes.{folder}" for place in one.evidence
    ]
    if not any(one.startswith(OF_SQLITE[0]) for one in reasons) or not all(
        one.startswith(OF_SQLITE) for one in reasons
    ):
        return False
    known = known_to_compose(setup, container.path)
    values = (resolved(one.value, known) or one.value for one in container.environment if one.value)
    return any(SERVER.match(value) is not None for value in values)


def keeps_something(container: Container, setup: Setup) -> bool:
    """Whether any volume or folder is mounted: it may be the one, by a variable or a link."""
    same = merged(container, setup)
    return any(
        one.node.get("volumes") or one.node.get("extends") or one.node.get("volumes_from") for one in same
    )


def serves(container: Container) -> bool:
    return any(one.name not in ("celery", "rq") for one in servers(container))


def has_this_app(container: Container, setup: Setup) -> bool:
    """Whether the project's only Dockerfile is what it is built from: the plan is about that app."""
    return len(setup.dockerfiles) == 1 and posixpath.dirname(container.stage_path) == ""
