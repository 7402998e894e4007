"""A database has no volume: its data ends with the container.

The images declare a volume of their own, so that data survives a restart; after `docker compose down` and
`up` the database is empty, and the old data lies in a volume with random letters for a name.

Fix: a named volume at the folder where the image keeps its data.

Okamochi: each database has a named volume.

See: https://docs.docker.com/engine/storage/volumes/
"""

from okamochi.audit.containers import Container
from okamochi.audit.images import database_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import merged, mounts, services
from okamochi.model.backing_service import ServiceKind
from okamochi.model.service_images import ServiceImage, data_folder

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for container in services(setup):
        kind = database_of(container.image)
        if kind is None or kind.kind is ServiceKind.RABBITMQ:
            continue
        if keeps_something(container, setup):
            yield from beside_the_data(container, kind, setup)
            continue
        yield Found(
            path=container.path,
            line=container.line,
            message=f"{container.name} has no volume: after down and up {kind.title} is empty",
            hint=f"volumes: [{container.name}:{data_folder(kind, container.image)}], and "
            f"{container.name}: below the file's volumes",
        )


def beside_the_data(container: Container, kind: ServiceImage, setup: Setup) -> Finds:
    """Where each volume is somewhere else than the data."""
    same = merged(container, setup)
    if any(one.variable("PGDATA") or one.command for one in same):
        return
    found = [mount for one in same for mount in mounts(one, setup)]
    named = [mount for mount in found if mount.kind == "volume"]
    holds = any(mount.target.rstrip("/").startswith(kind.data) or mount.kind != "volume" for mount in found)
    unknown = any(len(list(mounts(one, setup))) < len(one.node.get("volumes").items) for one in same)
    if named and not holds and not unknown:
        mount = named[0]
        yield Found(
            path=container.path,
            line=mount.line,
            message=f"{mount.source} is mounted at {mount.target}, and {kind.title} keeps its data in "
            f"{data_folder(kind, container.image)}: after down and up it is empty",
            hint=f"{mount.source}:{data_folder(kind, container.image)}",
        )


def keeps_something(container: Container, setup: Setup) -> bool:
    """Whether it mounts a folder of the host, a volume, or memory on purpose; in any file that is merged."""
    for one in merged(container, setup):
        if one.node.get("tmpfs") or one.node.get("extends") or one.node.get("volumes_from"):
            return True
        if one.node.get("profiles") or len(list(mounts(one, setup))) < len(one.node.get("volumes").items):
            return True
        if any("initdb.d" not in mount.target and "." not in mount.target for mount in mounts(one, setup)):
            return True
    return False
