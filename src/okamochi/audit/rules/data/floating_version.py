"""A database has no version: the next pull brings another major one.

Postgres and MySQL do not read the data of another major version; Postgres says "database files are
incompatible with server" and stops. With `latest`, or without a tag, that is the day on which somebody
pulls.

Fix: at least the major version: `postgres:17`.

Okamochi: a major version, chosen once.

See: https://www.postgresql.org/docs/current/upgrading.html
"""

from okamochi.audit.images import database_of, repository_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import services
from okamochi.model.backing_service import ServiceKind
from okamochi.oci.reference import tag_of

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for container in services(setup):
        kind = database_of(container.image)
        if kind is None or kind.kind is ServiceKind.RABBITMQ or "@" in container.image:
            continue
        tag = tag_of(container.image)
        if tag and any(letter.isdecimal() for letter in tag):
            continue
        yield Found(
            path=container.path,
            line=container.node.key("image").line,
            message=f"{container.image} is always the newest {kind.title}, which cannot read older data",
            hint=f"the version that the data has: {repository_of(container.image)}:{tag_of(kind.image)}",
        )
