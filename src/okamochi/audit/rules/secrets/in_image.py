"""A password or key is written into the image.

`ENV` is part of the image's configuration: `docker inspect` shows it to whoever can pull the image, and so
does a registry's page. Taking it away in a later layer does not take it out.

Fix: give it to the container when it starts. What a build step needs comes by `RUN --mount=type=secret`.

Okamochi: no secret is in an image: they come as files below /run/secrets, or by --env-file.

See: https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/
"""

from okamochi.audit.containers import ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.secret_values import written_secret

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in setup.of_kind(ContainerKind.IMAGE):
        for one in container.environment if not container.desk else ():
            written = written_secret(one)
            if written is not None:
                yield Found(
                    path=one.path,
                    line=one.line,
                    message=f"{one.name} is written into the image: whoever pulls it has it",
                    hint="take it out, and give it to the container when it starts",
                )
