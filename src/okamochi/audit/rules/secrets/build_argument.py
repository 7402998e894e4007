"""A secret comes into the build as an argument, and stays in the image's history.

`docker history --no-trunc` shows each step of the final stage with the values of its build arguments; it
is part of what is pushed (seen with Docker 20.10).

Fix: `RUN --mount=type=secret,id=token …`, and `docker build --secret id=token,env=TOKEN`. An argument of
a stage from which files are only copied does not get into the image, and is left alone.

Okamochi: a package index's password is read by uv on the host, and no step of an image sees it.

See: https://docs.docker.com/build/building/secrets/
"""

import re

from okamochi.audit.containers import ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.secret_values import written_secret
from okamochi.containerfiles.dockerfile import Stage
from okamochi.model.process import VariableKind
from okamochi.model.variable_names import kind_of

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for container in setup.of_kind(ContainerKind.IMAGE):
        stage = container.stage
        if stage is None or container.desk:
            continue
        # a value that ENV keeps is told by secrets/in-image
        kept = {one.name for one in container.environment if written_secret(one) is not None}
        arguments = [(one.line, name) for one in stage.all("ARG") for name, _ in one.pairs]
        for line, name in arguments:
            if name in kept or kind_of(name) is VariableKind.PLAIN or name.endswith(("_FILE", "_PATH")):
                continue
            if is_used(stage, re.compile(rf"\$\{{?{name}\b")):
                yield Found(
                    path=container.path,
                    line=line,
                    message=f"the build argument {name} stays in the image's history",
                    hint="RUN --mount=type=secret instead of ARG",
                )


def is_used(stage: Stage, reference: re.Pattern[str]) -> bool:
    steps = (one for one in stage.instructions if one.word in ("RUN", "ENV"))
    return any(reference.search(step.rest) for step in steps)
