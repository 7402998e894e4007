"""The devcontainer's workspaceFolder is no folder where the project is mounted.

The editor opens an empty folder, or says that the workspace does not exist; commands run beside the project.

Fix: workspaceFolder as the target of workspaceMount; with Compose, the folder at which the service mounts the
project.

Okamochi: workspaceFolder and the mount are both /app.

See: https://containers.dev/implementors/json_reference/
"""

import posixpath
import re

from okamochi.audit.devcontainers import service_behind
from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.services import merged, mounts
from okamochi.audit.setup import Document, Setup

SEVERITY = Severity.ERROR
TARGET = re.compile(r"(?:^|,)(?:target|destination|dst)=([^,]+)")


def look(setup: Setup) -> Finds:
    for file in setup.devcontainers:
        folder = file.root.get("workspaceFolder")
        targets = mounted(file, setup)
        if not folder.text or "$" in folder.text or not targets:
            continue
        wanted = posixpath.normpath(folder.text)
        if not any(wanted == one or wanted.startswith(f"{one}/") for one in targets):
            yield Found(
                path=file.path,
                line=folder.line,
                message=f"the project is not mounted at {folder.text}, but at {', '.join(targets)}",
                hint=f'"workspaceFolder": "{targets[0]}"',
            )


def mounted(file: Document, setup: Setup) -> list[str]:
    """Where the project may be; empty where that cannot be told."""
    mount = TARGET.search(file.root.get("workspaceMount").text)
    if mount is not None:
        return [] if "$" in mount[1] else [posixpath.normpath(mount[1])]
    service = service_behind(file, setup)
    if service is None:
        return []
    same = merged(service, setup)
    if any(len(list(mounts(one, setup))) < len(one.node.get("volumes").items) for one in same):
        return []
    found = [mount for one in same for mount in mounts(one, setup) if mount.kind == "bind"]
    return [posixpath.normpath(one.target) for one in found if "." not in posixpath.basename(one.target)]
