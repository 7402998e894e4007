"""A file for production builds the stage for developers.

What is deployed has the tools, the debugger and the server of the desk, though the stage for production
is right beside it. Without a `target` Compose builds the last stage, which may be the one for developers
as well. A plain compose.yaml that names such a stage counts, too, unless it is the desk's by all that it
says (okamochi check tells how it judged each file): it is what `docker compose up` starts on a server.

Fix: `target: production`, or whatever the other stage is called; the one for developers in
compose.override.yaml.

Okamochi: compose.yaml builds the stage production, compose.dev.yaml the one for developers.

See: https://docs.docker.com/reference/compose-file/build/#target
"""

from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import services
from okamochi.containerfiles.desk import is_desk_name, is_production_path

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in services(setup, desk=True):
        stage = container.stage
        if stage is None or not is_desk_name(stage.name) or not is_for_production(container, setup):
            continue
        other = other_stage(container, setup)
        build = container.node.get("build")
        node = build.get("target") if build.get("target") else container.node.key("build")
        yield Found(
            path=container.path,
            line=node.line,
            message=f"{container.name} is built from the stage {stage.name}, which is for developers",
            hint=f"target: {other}" if other else "a stage for production, and target with its name",
        )


def is_for_production(container: Container, setup: Setup) -> bool:
    """Whether its file is, by its name; or, where it names the stage, by all that it says."""
    if is_production_path(container.path):
        return True
    document = next((one for one in setup.composes if one.path == container.path), None)
    return document is not None and not document.desk and bool(container.node.get("build", "target"))


def other_stage(container: Container, setup: Setup) -> str:
    file = setup.dockerfile(container.stage_path)
    return file.shipped.name if file is not None and not is_desk_name(file.shipped.name) else ""
