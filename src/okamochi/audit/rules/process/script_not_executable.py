"""A script that the container starts is not executable.

git keeps one bit of a file's mode. Where it says 100644, a checkout on Linux is not executable, COPY
takes it as it is, and the container ends with "exec: "./entrypoint.sh": permission denied". On the
machine of the author, who ran chmod once, or on Windows and macOS shares, it works.

Fix: `git update-index --chmod=+x entrypoint.sh`; or `COPY --chmod=755`, or `["sh", "entrypoint.sh"]`.

Okamochi: no script starts the app.

See: https://git-scm.com/docs/git-update-index
"""

import posixpath
import re

from okamochi.audit.commands import Command
from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.scripts import own_scripts

SEVERITY = Severity.ERROR
INIT = re.compile(r"(?:/\S*/)?(?:tini|dumb-init|catatonit|env)|-{1,2}\w*")


def look(setup: Setup) -> Finds:
    for container in setup.containers:
        if setup.executable is None or setup.tracked is None or not container.own:
            continue
        for path, command in own_scripts(container, setup):
            known = path in setup.tracked and path not in setup.executable
            if known and starts_itself(command, path) and not is_made_executable(path, container):
                yield Found(
                    path=command.path,
                    line=command.line,
                    message=f"{path} is not executable in git: a fresh checkout ends in permission denied",
                    hint=f"git update-index --chmod=+x {path}",
                )


def starts_itself(command: Command, path: str) -> bool:
    """Whether no shell is given the script."""
    words = [word for word in command.argv if not INIT.fullmatch(word)]
    first = words[0] if words else ""
    if command.text:
        first = command.last_part.removeprefix("exec ").split(" ")[0]
    return posixpath.basename(first) == posixpath.basename(path)


def is_made_executable(path: str, container: Container) -> bool:
    """Whether a step gives it the right, or may: by name, by a pattern, to a whole folder."""
    stage = container.stage
    if stage is None:
        return True
    steps = (one for one in stage.instructions if one.word in ("RUN", "COPY", "ADD"))
    return any("chmod" in one.rest or re.search(r"\binstall\b.*-\w*m", one.rest) for one in steps)
