"""Containers whose root file system is read-only, and where they can write nevertheless."""

from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.rule import Finds, Found
from okamochi.audit.setup import Setup
from okamochi.audit.written_folders import is_below, needs_tmp, written_folders
from okamochi.containerfiles.yaml_nodes import Node

__all__ = ["closed_at", "closed_finds", "unwritable", "writable_places"]

KEYS = {
    ContainerKind.COMPOSE: ("read_only",),
    ContainerKind.KUBERNETES: ("securityContext", "readOnlyRootFilesystem"),
    ContainerKind.ECS: ("readonlyRootFilesystem",),
}


def closed_at(container: Container) -> int:
    """The line that makes the root read-only; 0 where none does."""
    *above, last = KEYS.get(container.kind, ("",))
    holder = container.node.get(*above)
    return holder.key(last).line if holder.get(last).value is True else 0


def writable_places(container: Container) -> tuple[str, ...]:
    """Where tmpfs and volumes lie."""
    node = container.node
    match container.kind:
        case ContainerKind.COMPOSE:
            listed = tuple(one.text.partition(":")[0] for one in node.get("tmpfs").strings())
            return (*listed, *(target_of(one) for one in node.get("volumes").items))
        case ContainerKind.ECS:
            points = (*node.get("mountPoints").items, *node.get("linuxParameters", "tmpfs").items)
            return tuple(one.get("containerPath").text for one in points)
    return tuple(one.get("mountPath").text for one in node.get("volumeMounts").items)


def target_of(volume: Node) -> str:
    """Of the long form, and of the short one: the source, the target, how."""
    if volume.kind == "mapping":
        return volume.get("target").text
    parts = volume.text.split(":")
    return parts[1] if len(parts) > 1 else parts[0]


def unwritable(container: Container, setup: Setup) -> tuple[bool, tuple[str, ...]]:
    """Of a container whose root is closed: whether gunicorn lacks a /tmp, and the folders that the app writes
    and cannot."""
    places = writable_places(container)
    folders = tuple(path for path in written_folders(container, setup) if not is_below(path, places))
    return needs_tmp(container, setup) and not is_below("/tmp", places), folders


def closed_finds(container: Container, setup: Setup, *, tmp_hint: str, hint: str) -> Finds:
    line = closed_at(container)
    without_tmp, missing = unwritable(container, setup) if line else (False, ())
    if without_tmp:
        yield Found(
            path=container.path,
            line=line,
            message=f"{container.name} has no writable /tmp: gunicorn ends at once (No usable temporary "
            "directory found)",
            hint=tmp_hint,
        )
    if missing:
        yield Found(
            path=container.path,
            line=line,
            message=f"the app writes {', '.join(missing[:4])}, and {container.name} may not: the root is "
            "read-only and no volume is there",
            hint=hint,
        )
