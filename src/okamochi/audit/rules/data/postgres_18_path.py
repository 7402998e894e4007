"""Postgres 18 gets its volume where 17 had its data.

From 18 on the official image keeps its data in /var/lib/postgresql/18/docker and declares the volume at
/var/lib/postgresql. A mount at /var/lib/postgresql/data makes it stop at the start: its entry point
calls it an "unused mount/volume", and with `restart: always` that goes round for ever.

Fix: mount /var/lib/postgresql. An old volume has to be moved by pg_dump or pg_upgrade, or stay with its
version. PGDATA=/var/lib/postgresql/data switches the check off, not the trouble: an old volume is left
aside and an empty database is made.

Okamochi: the volume lies where that major version keeps its data.

See: https://github.com/docker-library/postgres/pull/1259
"""

import posixpath

from okamochi.audit.images import database_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import mounts, services
from okamochi.model.backing_service import ServiceKind
from okamochi.model.service_images import major_of
from okamochi.oci.reference import tag_of

SEVERITY = Severity.ERROR
OLD = "/var/lib/postgresql/data"
# these follow the newest
FLOATING = ("", "latest", "alpine", "trixie", "bookworm")


def look(setup: Setup) -> Finds:
    for container in services(setup, desk=True):
        kind = database_of(container.image)
        if kind is None or kind.kind is not ServiceKind.POSTGRES or container.variable("PGDATA") is not None:
            continue
        version = version_of(container.image)
        for mount in mounts(container, setup) if version is not None else ():
            if posixpath.normpath(mount.target) == OLD:
                yield Found(
                    path=container.path,
                    line=mount.line,
                    message=f"Postgres {version} ({container.image}) does not start with a volume at {OLD}",
                    hint="mount /var/lib/postgresql, or name the version of the data: postgres:17",
                )


def version_of(image: str) -> str | None:
    """ "18", or "18 or newer" for a tag that follows the newest; None for older ones and unknown ones."""
    tag = tag_of(image)
    if tag in FLOATING and "$" not in image:
        return "18 or newer"
    major = major_of(image)
    return str(major) if major is not None and major >= 18 else None
