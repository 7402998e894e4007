"""One view of a container, whichever file describes it: a stage, a Compose service, a pod's, a task's."""

from enum import StrEnum

import msgspec

from okamochi.audit.commands import Command
from okamochi.containerfiles.dockerfile import Stage
from okamochi.containerfiles.yaml_nodes import NOTHING, Node

__all__ = ["Container", "ContainerKind", "Variable"]


class ContainerKind(StrEnum):
    """IMAGE: what a Dockerfile says, for whoever starts it."""

    IMAGE = "image"
    COMPOSE = "compose"
    KUBERNETES = "kubernetes"
    ECS = "ecs"


class Variable(msgspec.Struct, frozen=True):
    """`value` as it is written, references included; None where it comes from elsewhere."""

    name: str
    value: str | None
    path: str
    line: int


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """`own` says that the project's code runs in it, `desk` that it is for developers.

    `command` is what is started in the end, `entrypoint` what comes before it; both of the image where the
    file says nothing. `environment` holds the image's variables and then the file's, each name once. `stage`
    is the stage of the project's Dockerfile that it is made of. `node` is the description in a YAML or JSON
    file, `pod` the spec around it for Kubernetes, the task for ECS."""

    kind: ContainerKind
    name: str
    path: str
    line: int
    own: bool
    desk: bool
    image: str = ""
    command: Command = Command()
    entrypoint: Command = Command()
    environment: tuple[Variable, ...] = ()
    stage: Stage | None = None
    stage_path: str = ""
    node: Node = NOTHING
    pod: Node = NOTHING

    def variable(self, name: str) -> Variable | None:
        return next((one for one in self.environment if one.name == name), None)

    def given(self, name: str) -> str:
        """The value of a variable; "" when it is not set or not known."""
        found = self.variable(name)
        return (found.value or "") if found is not None else ""
