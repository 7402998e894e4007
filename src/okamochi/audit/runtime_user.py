"""Which user a container has."""

import re

from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.images import image_of
from okamochi.audit.scripts import own_scripts
from okamochi.audit.setup import Setup
from okamochi.containerfiles.dockerfile import Stage, expanded
from okamochi.system.patterns import regex

__all__ = ["ROOT_BASES", "drops_root", "is_root", "runs_as", "starts_as_root", "user_of_stage"]

ROOT = re.compile(r"(?:root|0)(?::.*)?")
# images of which it is known that they start as root when nobody says otherwise
ROOT_BASES = frozenset(("python", "debian", "ubuntu", "alpine", "node", "uv"))
DROPPING = regex(
    r"\b(?:gosu|su-exec|setpriv|runuser|chpst|s6-setuidgid|su\s+-)\b|--(?:user|uid)[= ]|\bUSER_ID\b"
)


def user_of_stage(stage: Stage) -> str:
    """As USER says it, with the defaults of its arguments; "" where nothing does."""
    one = stage.last("USER")
    if one is None:
        return ""
    known = {name: value for arg in stage.all("ARG") for name, value in arg.pairs}
    known |= {name: value for name, (value, _) in stage.environment.items()}
    return expanded(one.rest, known).strip("\"'")


def is_root(user: str) -> bool:
    return ROOT.fullmatch(user) is not None


def starts_as_root(stage: Stage) -> bool:
    """Whether it surely does: by what it says, or because its base has no other user."""
    user = user_of_stage(stage)
    if user or stage.last("USER") is not None:
        return is_root(user)
    image = image_of(stage.image)
    return image is not None and image.name.rpartition("/")[2] in ROOT_BASES and "nonroot" not in image.tag


def runs_as(container: Container) -> str | None:
    """What the file says that starts the container; None where it leaves it to the image."""
    node = container.node
    match container.kind:
        case ContainerKind.COMPOSE:
            return node.get("user").text or None
        case ContainerKind.ECS:
            return node.get("user").text or None
        case ContainerKind.KUBERNETES:
            for one in (node, container.pod):
                user = one.get("securityContext", "runAsUser").text
                if user:
                    return user
            return None
        case ContainerKind.IMAGE:
            return user_of_stage(container.stage) if container.stage is not None else None


def drops_root(container: Container, setup: Setup) -> bool:
    """Whether its entry point, a script of the project or the server's own option takes another user."""
    texts = [container.entrypoint.line_text, container.command.line_text]
    texts += [setup.file(path).text for path, _ in own_scripts(container, setup)]
    return any(DROPPING.search(text) for text in texts) or "supervisord" in " ".join(texts)
