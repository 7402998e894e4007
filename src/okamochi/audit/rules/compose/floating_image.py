"""A cache, a broker or a tool has no version: what runs is whatever was newest when it was pulled.

Two machines that run the same file run different versions, `docker compose pull` brings a major one with the
rest, and nothing in the repository tells which one worked. Databases are a rule of their own
(data/floating-version), since a new one does not read their data.

Fix: at least the major version: `redis:8`, `nginx:1.29`, `rabbitmq:4`.

Okamochi: each service has a version, chosen once; the lock holds its digest where a registry answered.

See: https://docs.docker.com/reference/compose-file/services/#image
"""

from okamochi.audit.compose_containers import is_backing_image
from okamochi.audit.images import database_of, repository_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import services
from okamochi.model.backing_service import ServiceKind
from okamochi.oci.reference import tag_of

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    for container in services(setup):
        image = container.image
        kind = database_of(image)
        if "@" in image or not is_backing_image(image) or container.node.get("build"):
            continue
        if (kind is not None and kind.kind is not ServiceKind.RABBITMQ) or tag_of(image) not in (
            "",
            "latest",
            "alpine",
        ):
            continue
        yield Found(
            path=container.path,
            line=container.node.key("image").line,
            message=f"{image} is whatever was newest when it was pulled: two machines run two versions",
            hint=f"{repository_of(image)}: with the version that it was tried with",
        )
