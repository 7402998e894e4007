"""A backslash stands right behind a value, and only the next line's indentation keeps them apart.

A backslash at the end joins two lines, with nothing between. `PYTHONUNBUFFERED=1\\` and an indented
`LANG=C.UTF-8` are two values; without the indentation, or after a formatter took it, they are one:
`1LANG=C.UTF-8` (measured with BuildKit and buildah).

Fix: a blank before the backslash.

See: https://docs.docker.com/reference/dockerfile/#escape
"""

import re

from okamochi.audit.rule import Edit, Finds, Found, Severity
from okamochi.audit.setup import Dockerfile, Setup
from okamochi.containerfiles.dockerfile import Instruction

SEVERITY = Severity.WARNING
GLUED = re.compile(r"[^\s\\]\\")


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for one in (one for stage in file.stages for one in stage.own if one.word == "ENV"):
            yield from of_instruction(file, one)


def of_instruction(file: Dockerfile, one: Instruction) -> Finds:
    for number in range(one.line, one.end):
        line = file.file.line(number)
        if GLUED.fullmatch(line.rstrip()[-2:]) is None or line.lstrip().startswith("#"):
            continue
        separate = file.file.line(number + 1)[:1].isspace()
        message = "only the next line's indentation keeps the two values apart"
        yield Found(
            path=file.path,
            line=number,
            message=message if separate else "this value and the next line are one word",
            hint="a blank before the backslash",
            edits=(Edit(file.path, number, number, f"{line.rstrip()[:-1]} \\"),),
        )
