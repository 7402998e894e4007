"""Compose makes the root file system read-only, and leaves nothing to write in.

gunicorn ends at once without a writable /tmp (`No usable temporary directory found`; measured with gunicorn
27.0.1): it keeps a file there by which it sees that its workers live. Frameworks put uploads of some size
there as well. Folders between the code that the app writes fail later, with the first upload.

Fix: `tmpfs: [/tmp]` beside `read_only: true`; a volume for what has to stay.

Okamochi: a read-only root with a tmpfs on /tmp, and a volume for each folder that the code writes.

See: https://docs.docker.com/reference/compose-file/services/#read_only
"""

from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.written_folders import is_below, needs_tmp, written_folders

__all__ = ["writable_places"]

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in setup.production:
        if container.kind is not ContainerKind.COMPOSE or container.node.get("read_only").value is not True:
            continue
        places = writable_places(container)
        line = container.node.key("read_only").line
        missing = [path for path in written_folders(container, setup) if not is_below(path, places)]
        if needs_tmp(container, setup) and not is_below("/tmp", places):
            yield Found(
                path=container.path,
                line=line,
                message=f"{container.name} has no writable /tmp: gunicorn ends at once (No usable temporary "
                "directory found)",
                hint="tmpfs: [/tmp:size=64m]",
            )
        if missing:
            yield Found(
                path=container.path,
                line=line,
                message=f"the app writes {', '.join(missing[:4])}, and {container.name} may not: the root is "
                "read-only and no volume is there",
                hint="a volume for what has to stay, tmpfs for what may go",
            )


def writable_places(container: Container) -> tuple[str, ...]:
    """Where tmpfs and volumes lie."""
    listed = container.node.get("tmpfs")
    found = [one.text.partition(":")[0] for one in listed.strings()]
    for one in container.node.get("volumes").items:
        found.append(one.get("target").text if one.kind == "mapping" else target_of(one.text))
    return tuple(found)


def target_of(text: str) -> str:
    """Of the short form: the source, the target, how."""
    parts = text.split(":")
    return parts[1] if len(parts) > 1 else parts[0]
