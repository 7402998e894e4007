"""DEBIAN_FRONTEND is set for good, and not for the install alone.

The variable keeps `apt-get install` from asking while the image is built. As ENV it stays in the image and in
all that is built on it: whoever installs something in a shell of the container gets no question either, and
wonders. The base images of Debian warn of that themselves.

Fix: in front of the command (`RUN DEBIAN_FRONTEND=noninteractive apt-get install -y …`), or
`ARG DEBIAN_FRONTEND=noninteractive`, which ends with the build.

Okamochi: no installer runs, and the variable is not set.

See: https://docs.docker.com/reference/dockerfile/#env
"""

from okamochi.audit.rule import Edit, Finds, Found, Severity
from okamochi.audit.setup import Setup, TextFile
from okamochi.containerfiles.dockerfile import Instruction
from okamochi.system.patterns import regex

SEVERITY = Severity.NOTE
NAME = "DEBIAN_FRONTEND"
ALONE = regex(r"ENV(\s+DEBIAN_FRONTEND)(?:=|\s+)(\S+)\s*")


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        found = file.shipped.environment.get(NAME)
        if file.desk or found is None or not found[0]:
            continue
        line = file.file.line(found[1].line)
        yield Found(
            path=file.path,
            line=line_of(found[1], file.file),
            message=f"{NAME} stays in the image, and in all that is built on it",
            hint=f"ARG {NAME}={found[0]}, or in front of apt-get alone",
            edits=as_argument(file.path, found[1], line),
        )


def line_of(one: Instruction, file: TextFile) -> int:
    numbers = range(one.line, one.end + 1)
    return next((number for number in numbers if NAME in file.line(number)), one.line)


def as_argument(path: str, one: Instruction, line: str) -> tuple[Edit, ...]:
    """Where it is an instruction of its own: an ARG means the same to the steps of this stage."""
    alone = ALONE.fullmatch(line)
    if alone is None or one.line != one.end:
        return ()
    return (Edit(path, one.line, one.line, f"ARG{alone[1]}={alone[2]}"),)
