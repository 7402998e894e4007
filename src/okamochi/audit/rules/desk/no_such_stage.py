"""A target names a stage that the Dockerfile does not have.

The build stops: "target stage … could not be found" (BuildKit), "failed to reach build target" (the
older builder, Docker 20.10). A stage was renamed, or the target belongs to another Dockerfile.

Fix: one of the names behind AS.

Okamochi: Dockerfile, compose files and devcontainer come from one plan.

See: https://docs.docker.com/build/building/multi-stage/#stop-at-a-specific-build-stage
"""

import posixpath
from collections.abc import Iterator

from okamochi.audit.devcontainers import dockerfile_behind
from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.services import services
from okamochi.audit.setup import Dockerfile, Setup
from okamochi.containerfiles.yaml_nodes import Node

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for path, target, dockerfile in targets(setup):
        names = [one.name for one in dockerfile.stages if one.name]
        if not target.text or "$" in target.text or target.text.lower() in names or target.text.isdecimal():
            continue
        yield Found(
            path=path,
            line=target.line,
            message=f"{dockerfile.path} has no stage {target.text}: the build stops",
            hint=f"one of {', '.join(names)}" if names else "take target away: the Dockerfile has one stage",
        )


def targets(setup: Setup) -> Iterator[tuple[str, Node, Dockerfile]]:
    for file in setup.devcontainers:
        found = dockerfile_behind(file, setup)
        if found is not None:
            yield file.path, file.root.get("build", "target"), found
    for container in services(setup, desk=True):
        name = container.stage_path
        found = next(
            (one for one in setup.dockerfiles if name and one.path == posixpath.normpath(name)), None
        )
        if found is not None:
            yield container.path, container.node.get("build", "target"), found
