"""A shell is process 1 and keeps the stop signal from the server.

The engine sends SIGTERM to process 1 alone. A shell does not pass it on, so that the server never hears
of the end: the container is killed after the grace period (10 s in Compose, 30 s in Kubernetes), and the
requests under way are lost. Measured with the dash of Debian 12 and 13: `sh -c "migrate && gunicorn
app:app"`, and `CMD gunicorn app:app` as well, were alive 8 seconds after SIGTERM; with `exec` they ended
in 0.3 s. The bash of Debian gives its place to the last command of `bash -c` by itself, unless that has a
redirection, a pipe or a block around it, or a trap is set.

Fix: the exec form, `CMD ["gunicorn", "app:app"]`; where a shell has to prepare something, `exec` before
the server.

Okamochi: an exec form without a shell; migrations are a process of their own, before it.

See: https://docs.docker.com/reference/dockerfile/#shell-form-entrypoint-example
"""

import json
import re
import shlex
from collections.abc import Iterator

from okamochi.audit.bash_texts import gives_its_place
from okamochi.audit.commands import Command
from okamochi.audit.containers import Container, ContainerKind
from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity
from okamochi.audit.servers import keeps_running, servers

SEVERITY = Severity.ERROR

# what only a shell can do
OF_A_SHELL = re.compile(r"[$`|&;<>*?~(){}\[\]#!]|^\w+=|^\s*(?:cd|export|source|\.)\s")


def look(setup: Setup) -> Finds:
    for container in setup.production:
        command = container.command
        stays = any(keeps_running(one) for one in servers(container))
        if not command.interpreter or not stays or command.last_part.startswith("exec "):
            continue
        if command.interpreter == "bash" and gives_its_place(command.text):
            continue
        yield Found(
            path=command.path,
            line=command.line,
            message=f"{command.interpreter} is process 1: the server behind it never gets SIGTERM, and is "
            "killed when the grace period is over",
            hint=hint(command),
            edits=tuple(edits(container)),
        )


def hint(command: Command) -> str:
    words = plain_words(command)
    if words:
        return f"the exec form: {json.dumps(words, ensure_ascii=False)}"
    return f"exec before the server: … exec {command.last_part}"


def edits(container: Container) -> Iterator[Edit]:
    """Of a Dockerfile's own line in shell form, without anything that only a shell can do."""
    command = container.command
    stage = container.stage
    words = plain_words(command)
    if container.kind is not ContainerKind.IMAGE or stage is None or not words:
        return
    one = next((one for one in stage.own if one.line == command.line), None)
    if one is not None and not one.argv and one.rest == command.text:
        yield Edit(command.path, one.line, one.end, f"{one.word} {json.dumps(words, ensure_ascii=False)}")


def plain_words(command: Command) -> list[str]:
    """Of a text that needs no shell; [] where one has something to do, or quotes do not close."""
    if OF_A_SHELL.search(command.text):
        return []
    try:
        return shlex.split(command.text)
    except ValueError:
        return []
