"""The project's folder is mounted over the code that was built into the image.

What runs is what lies on the host at that moment, with its owner and its half done edits; what was
built, scanned and tested is hidden, together with all that the build made beside the code. On a machine
without the checkout the folder is empty, and the app does not start.

Fix: take the mount out of the file that production uses. In compose.override.yaml, which Compose reads
by itself at the desk and nobody copies to a server, it is right; `develop.watch` does without a mount.

Okamochi: the source is mounted in compose.dev.yaml alone.

See: https://docs.docker.com/compose/how-tos/production/
"""

import posixpath

from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import Mount, mounts, services, workdir
from okamochi.model.evidence import Evidence

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    """Once for each folder that a file mounts so, with the other places."""
    places: dict[tuple[str, str, str], list[int]] = {}
    for container in services(setup):
        if not container.own or container.node.get("profiles"):
            continue  # what is behind a profile is a tool that somebody starts
        for mount in mounts(container, setup):
            if mount.kind == "bind" and hides_code(container, mount, setup):
                lines = places.setdefault((container.path, mount.source, mount.target), [])
                lines += [mount.line] if mount.line not in lines else []
    for (path, source, target), lines in places.items():
        others = tuple(Evidence(path=path, line=line, reason="the same mount") for line in lines[1:])
        yield Found(
            path=path,
            line=lines[0],
            message=f"{source} of the host is mounted over {target}: the code that was built into the image "
            "does not run",
            hint="at the desk only: move the mount to compose.override.yaml",
            also=others,
        )


def hides_code(container: Container, mount: Mount, setup: Setup) -> bool:
    """Whether a folder with Python in it is mounted where the image has its code."""
    folder = posixpath.normpath(posixpath.join(posixpath.dirname(container.path), mount.source))
    if mount.source.startswith(("/", "~")) or folder.startswith(".."):
        return False
    target, home = posixpath.normpath(mount.target), workdir(container.stage)
    if container.stage is None or not home or home == "/":
        return False
    inside = target == home or target.startswith(f"{home}/") or home.startswith(f"{target}/")
    within = "" if folder == "." else folder
    return inside and any(path.endswith(".py") for path in setup.project.files("**/*.py", within=within))
