"""A folder of the host is mounted that is not there, and the app is not root.

`./logs:/app/logs` without a folder `logs` beside the Compose file does not fail: the engine makes one on the
host, root's, mode 0755. The app runs as another user, and its first write ends in "Permission denied". The
usual answer, `chmod 777`, opens the folder to everybody on the host.

Fix: a named volume, for a folder that the image makes for that user; or make the folder before the first
start, owned by the user's number. Logs belong on stdout, not in a folder.

Okamochi: what the app writes lies in named volumes that belong to 10001; logs go to stdout.

See: https://docs.docker.com/engine/storage/bind-mounts/
"""

import posixpath
import re

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.runtime_user import is_root, runs_as, user_of_stage
from okamochi.audit.services import mounts, services
from okamochi.audit.setup import TextFile, asked_once

SEVERITY = Severity.WARNING
# of a file, which compose/missing-file speaks of, or of a path that only the host knows
FILE = re.compile(r".*\.\w+|.*\$.*")


def look(setup: Setup) -> Finds:
    for container in services(setup):
        user = runs_as(container) or (user_of_stage(container.stage) if container.stage is not None else "")
        if not container.own or not user or is_root(user) or "$" in user:
            continue
        for mount in mounts(container, setup):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(container.path), mount.source))
            if mount.kind != "bind" or not mount.source.startswith("./") or FILE.fullmatch(mount.source[2:]):
                continue
            if setup.project.exists(path) or is_read_only(mount.line, container.path, setup):
                continue
            if not is_made(posixpath.basename(path), setup):
                yield Found(
                    path=container.path,
                    line=mount.line,
                    message=f"{mount.source} is not there: Docker makes it, root's, and {user} cannot write "
                    f"to {mount.target}",
                    hint=f"a named volume for a folder of the image; or mkdir {path} and chown it first",
                )


def is_read_only(line: int, path: str, setup: Setup) -> bool:
    return setup.file(path).line(line).rstrip("\"' ").endswith(":ro")


def is_made(name: str, setup: Setup) -> bool:
    """Whether a script or a page makes it before the start."""
    made = re.compile(rf"(?:mkdir|install\s+-d|chown)\b[^\n]*\b{re.escape(name)}\b")
    return any(made.search(one.text) for one in telling(setup))


@asked_once
def telling(setup: Setup) -> tuple[TextFile, ...]:
    patterns = ("**/*.sh", "**/Makefile", "**/justfile", "**/*.md", ".github/**")
    return tuple(setup.file(path) for pattern in patterns for path in setup.project.files(pattern))
