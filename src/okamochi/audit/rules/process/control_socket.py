"""gunicorn cannot make its control socket, and says so as an error at each start.

Since 25.1 gunicorn opens a socket below $XDG_RUNTIME_DIR, else in $HOME/.gunicorn. Under a read-only
root, or for a user that has a number and no home (HOME is / then), that fails: `[ERROR] Control server
error: [Errno 13] Permission denied: '/.gunicorn'` (measured with 27.0.1). The app serves all the same;
what watches logs for errors does not know that.

Fix: `--no-control-socket`, or `control_socket_disable = True` in its file; or `HOME=/tmp`.

Okamochi: HOME=/tmp, where the socket can be made.

See: https://docs.gunicorn.org/en/stable/settings.html
"""

import re

from okamochi.audit.containers import Container
from okamochi.audit.declared import lists
from okamochi.audit.gunicorn_files import gunicorn_value
from okamochi.audit.read_only import closed_at
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.runtime_user import runs_as, user_of_stage
from okamochi.audit.servers import Server, servers
from okamochi.system.patterns import regex

SEVERITY = Severity.WARNING
PINNED = regex(
    r"\bgunicorn(?:\[[^\]]*\])?(?:\s*(?:==|~=|<=?)\s*|\"\s*\nversion\s*=\s*\")(\d+)(?:\.(\d+))?",
    re.IGNORECASE,
)
SETTINGS = ("no-control-socket", "control-socket-disable", "control-socket")


def look(setup: Setup) -> Finds:
    if is_older(setup):
        return
    for container in setup.production:
        why = cannot_write(container)
        for server in servers(container) if why else ():
            if server.name == "gunicorn" and not is_set(server, setup):
                yield Found(
                    path=server.path,
                    line=server.line,
                    message=f"gunicorn's control socket has no place ({why}): an error in the log at "
                    "each start",
                    hint="--no-control-socket",
                )


def is_older(setup: Setup) -> bool:
    """Whether a list pins a version before 25.1."""
    texts = [setup.project.read_text(path) or "" for path in lists(setup)]
    texts += [one.rest for file in setup.dockerfiles for one in file.shipped.all("RUN")]
    found = [match for text in texts for match in PINNED.finditer(text)]
    return any((int(match[1]), int(match[2] or 0)) < (25, 1) for match in found)


def is_set(server: Server, setup: Setup) -> bool:
    container = server.container
    if container.variable("XDG_RUNTIME_DIR") or (container.given("HOME") or "/").startswith(
        ("/tmp", "/dev/shm", "/run")
    ):
        return True
    return any(gunicorn_value(server, name, setup).is_given for name in SETTINGS)


def cannot_write(container: Container) -> str:
    """Why its home is nothing that it can write; "" where it may be."""
    if closed_at(container):
        return "the root is read-only"
    stage = container.stage
    user = (runs_as(container) or (user_of_stage(stage) if stage is not None else "")).partition(":")[0]
    made = stage is not None and any(
        re.search(r"useradd|adduser|/etc/passwd|/\.gunicorn|\.sh\b", one.rest) for one in stage.all("RUN")
    )
    homeless = user.isdecimal() and user != "0" and stage is not None and not made
    return f"user {user} has no home" if homeless and not container.given("HOME") else ""
