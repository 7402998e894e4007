"""The code is given to the user that runs it, in a step of its own.

`chown -R` copies each file that it touches into a new layer: the code is in the image twice. And an app that
owns its code can rewrite it: a hole that writes one file then runs as the app for good. An app needs to
read its code; it needs to write its data alone.

Fix: leave the code to root, and give the user the folders that it writes:
`RUN install -d -o 10001 -g 10001 /app/data`.

Okamochi: code belongs to root; folders that the app writes belong to 10001.

See: https://docs.docker.com/build/building/best-practices/#user
"""

import posixpath
import re
from collections.abc import Iterator

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.steps import copies_everything
from okamochi.containerfiles.dockerfile import Stage

SEVERITY = Severity.NOTE
CHOWN = re.compile(r"\bchown\s+(?:-\w+\s+)*-\w*R\w*\s+(?:-\w+\s+)*\S+((?:\s+[^\s;&|]+)+)")


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for line, folder in given_away(file.shipped) if not file.desk else ():
            yield Found(
                path=file.path,
                line=line,
                message=f"chown -R copies {folder} into a second layer, and lets the app rewrite its "
                "own code",
                hint="leave the code to root; give the user the folders that the app writes",
            )


def given_away(stage: Stage) -> Iterator[tuple[int, str]]:
    """Lines that give away a folder into which all files were copied."""
    workdir = "/"
    code: set[str] = set()
    for one in stage.instructions:
        if one.word == "WORKDIR":
            workdir = posixpath.normpath(posixpath.join(workdir, one.rest.strip("\"'")))
        elif copies_everything(one):
            code.add(posixpath.normpath(posixpath.join(workdir, one.words[-1])))
        for found in CHOWN.finditer(one.rest) if one.word == "RUN" else ():
            for word in found[1].split():
                if posixpath.normpath(posixpath.join(workdir, word)) in code:
                    yield one.line, word
