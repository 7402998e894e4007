"""A script that a container starts has the line ends of Windows.

The kernel reads the first line `#!/bin/sh` with a carriage return as the program `/bin/sh\\r`, which is not
there: "no such file or directory", for a file that plainly is. A shell that is given the script stops at the
first `\\r` that counts.

Fix: LF line ends, and a line `*.sh text eol=lf` in .gitattributes, so that a checkout on Windows keeps them.

Okamochi: no script starts the app.

See: https://git-scm.com/docs/gitattributes#_eol
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.scripts import own_scripts

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for container in setup.containers:
        for path, command in own_scripts(container, setup) if container.own else ():
            content = setup.project.read_bytes(path) or b""
            if content.partition(b"\n")[0].endswith(b"\r") and not is_mended(container.stage_path, setup):
                yield Found(
                    path=path,
                    line=1,
                    message="it has the line ends of Windows: the kernel looks for a shell whose name ends "
                    f"in a carriage return, and {command.path}:{command.line} cannot start it",
                    hint="save it with LF line ends; *.sh text eol=lf in .gitattributes keeps them",
                )


def is_mended(dockerfile: str, setup: Setup) -> bool:
    text = setup.file(dockerfile).text
    return "dos2unix" in text or "\\r" in text
