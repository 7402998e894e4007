"""A volume has no name: what is in it is lost with the container, and stays on the disk.

`- /app/data` makes a new empty volume whenever the container is made anew after a `down`; the old one, a row
of random letters, is never found again and never removed.

Fix: a name (`data:/app/data`, and `data:` below the file's `volumes`) for what is to last, `tmpfs` for what
is not.

Okamochi: each volume has a name.

See: https://docs.docker.com/engine/storage/volumes/#named-and-anonymous-volumes
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import Mount, mounts, services

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    for container in services(setup):
        bound = {mount.target.rstrip("/") for mount in mounts(container, setup) if mount.kind == "bind"}
        for mount in mounts(container, setup):
            if mount.kind == "anonymous" and not shields(mount, bound):
                yield Found(
                    path=container.path,
                    line=mount.line,
                    message=f"{mount.target} is a volume without a name: empty again after each down and up",
                    hint=f"data:{mount.target} with a name of its own, or tmpfs for what may be lost",
                )


def shields(mount: Mount, bound: set[str]) -> bool:
    """Whether it keeps a folder of the image (node_modules, .venv) free of a mount around it."""
    return any(mount.target.startswith(f"{folder}/") for folder in bound)
