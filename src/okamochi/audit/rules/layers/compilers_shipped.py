"""A compiler and headers are in what is shipped.

They are needed while wheels are built, and never again. build-essential alone brings more than 200 MB, and
whoever gets into the container finds the tools to build what they need. A later `apt-get remove` does not
make the image smaller: the layer below still has them.

Fix: build in a stage of its own, `COPY --from=builder /opt/venv /opt/venv`, and install in the last stage
what is linked against at run time only (libpq5, not libpq-dev). Or install, build and purge in one RUN.

Okamochi: compilers are in the builder alone; what the wheels load at run time is read from the wheels.

See: https://docs.docker.com/build/building/multi-stage/
"""

import re

from okamochi.audit.programs import packages_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.dockerfile import Instruction
from okamochi.system.words import some_of

SEVERITY = Severity.WARNING
BUILDING = re.compile(
    r"build-essential|build-base|base-devel|gcc|g\+\+|gcc-\d+|clang|llvm|make|cmake|cargo|rustc?|gfortran"
    r"|\w[\w.+-]*-(?:dev|devel)|linux-headers"
)
TAKEN_AWAY = re.compile(
    r"\b(?:apt-get|apt)\s+(?:-\S+\s+)*(?:purge|remove|autoremove)\s+(?:-\S+\s+)*[a-z$]"
    r"|\bapk\s+(?:-\S+\s+)*del\b"
)


def look(setup: Setup) -> Finds:
    started = {argv[0].rpartition("/")[2] for one in setup.containers for argv in one.command.programs}
    for file in setup.dockerfiles:
        for one in file.shipped.all("RUN") if not file.desk else ():
            names = [name for name in shipped_tools(one) if name not in started]
            if names:
                shown = some_of(names, 4)
                yield Found(
                    path=file.path,
                    line=one.line,
                    message=f"{shown}: needed to build, and shipped for good",
                    hint="install and build in a stage of its own, and copy what came of it into the "
                    "last one",
                )


def shipped_tools(one: Instruction) -> list[str]:
    if TAKEN_AWAY.search(one.rest):
        return []
    found = [name for name in dict.fromkeys(packages_of(one)) if BUILDING.fullmatch(name)]
    # alone it compiles nothing: a Makefile starts the image's commands
    return [] if found == ["make"] else found
