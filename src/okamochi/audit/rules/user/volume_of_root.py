"""A volume is mounted where the app's user may not write.

An empty named volume gets the owner and mode of the folder that the image has at its place. Where the
image has none, the engine makes one: root's, mode 0755. The app runs as another user, and its first
upload ends in "Permission denied".

Fix: make the folder in the image, for that user, before the volume is there: `RUN install -d -o 10001 -g
10001 /app/media`. A volume that exists already keeps its owner: remove it, or chown it once.

Okamochi: each folder for a volume is in the image, and belongs to 10001.

See: https://docs.docker.com/engine/storage/volumes/#populate-a-volume-using-a-container
"""

import posixpath

from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.runtime_user import is_root, runs_as, user_of_stage
from okamochi.containerfiles.dockerfile import Instruction
from okamochi.containerfiles.yaml_nodes import Node

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for container in setup.production:
        if container.kind is not ContainerKind.COMPOSE or container.stage is None:
            continue
        user = runs_as(container) or user_of_stage(container.stage)
        if not user or is_root(user) or "$" in user:
            continue
        for one in container.node.get("volumes").items:
            name, target = named_volume(one)
            if name and target and not is_made(container, target, setup):
                yield Found(
                    path=container.path,
                    line=one.line,
                    message=f"{target} is not in the image: the volume {name} will be root's, and {user} "
                    "cannot write there",
                    hint=f"RUN install -d -o {user.partition(':')[0]} {target} in {container.stage_path}",
                )


def named_volume(one: Node) -> tuple[str, str]:
    """Name and place; "" for a folder of the host."""
    if one.kind == "mapping":
        is_volume = one.get("type").text == "volume"
        return (one.get("source").text, one.get("target").text) if is_volume else ("", "")
    name, _, rest = one.text.partition(":")
    target = rest.partition(":")[0]
    return (name, target) if name[:1] not in (".", "/", "~", "$") and target.startswith("/") else ("", "")


def is_made(container: Container, target: str, setup: Setup) -> bool:
    """Whether a step may make the folder: its name is in one, or it comes with the code."""
    last = posixpath.basename(target.rstrip("/"))
    if any(last in one.rest for one in steps_of(container, setup) if one.word != "FROM"):
        return True
    return any(f"/{last}/" in f"/{path}" for path in setup.project.files())


def steps_of(container: Container, setup: Setup) -> tuple[Instruction, ...]:
    """Of the stage, and of those that files are copied from."""
    if container.stage is None:
        return ()
    stages = next((one.stages for one in setup.dockerfiles if one.path == container.stage_path), ())
    sources = {one.flag("from").lower() for one in container.stage.all("COPY")}
    made = (one for stage in stages if stage.name in sources for one in stage.instructions)
    return (*container.stage.instructions, *made)
