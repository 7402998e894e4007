"""A database has no version: the next pull brings another major one.

Postgres and MySQL do not read the data of another major version; Postgres says "database files are
incompatible with server" and stops. With `latest`, or without a tag, that is the day on which somebody
pulls.

Fix: at least the major version: `postgres:17`.

Okamochi: a major version, chosen once.

See: https://www.postgresql.org/docs/current/upgrading.html
"""

from okamochi.audit.backing import database_of, repository_of, tag_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import services

SEVERITY = Severity.WARNING
EXAMPLE = {"Postgres": "17", "MySQL": "8.4", "MariaDB": "11.4", "MongoDB": "8"}


def look(setup: Setup) -> Finds:
    for container in services(setup):
        kind = database_of(container.image)
        if kind is None or kind.name not in EXAMPLE or "@" in container.image:
            continue
        tag = tag_of(container.image)
        if tag and any(letter.isdecimal() for letter in tag):
            continue
        yield Found(
            path=container.path,
            line=container.node.key("image").line,
            message=f"{container.image} is always the newest {kind.name}, which cannot read older data",
            hint=f"the version that the data has: {repository_of(container.image)}:{EXAMPLE[kind.name]}",
        )
