"""A requirement has to be compiled, and the image has no compiler.

psycopg2, mysqlclient and uWSGI come as source alone for Linux (asked of the package index in November
2026). The slim images have neither gcc nor the headers: "pg_config executable not found", "gcc: No such
file", and the build ends.

Fix: `psycopg[binary]` or `psycopg2-binary`, `pyuwsgi`, which are wheels; or a builder with
build-essential and the headers (libpq-dev, default-libmysqlclient-dev), and the library alone (libpq5)
where it runs.

Okamochi: what has no wheel is compiled in a builder, with the headers that it asks for; the image gets the
library alone.

See: https://www.psycopg.org/docs/install.html#build-prerequisites
"""

import re

from okamochi.audit.declared import requirement_lines
from okamochi.audit.images import image_of
from okamochi.audit.programs import installed_packages
from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.rules.dependencies.unpinned import in_project
from okamochi.audit.setup import Dockerfile, Setup
from okamochi.audit.steps import Install, installs, makers
from okamochi.containerfiles.dockerfile import Stage
from okamochi.model.evidence import Evidence

SEVERITY = Severity.ERROR
COMPILED = frozenset(("psycopg2", "mysqlclient", "uwsgi"))
COMPILERS = re.compile(r"gcc.*|build-essential|build-base|clang.*|python3-dev|base-devel")


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for stage in makers(file):
            image = image_of(stage.image)
            bare = image is not None and image.is_python and (image.is_slim or image.libc == "musl")
            if not bare or any(COMPILERS.fullmatch(name) for name in installed_packages(stage)):
                continue
            for one in installs(stage.own):
                place = compiled(one, file, setup) if not from_elsewhere(stage, one) else None
                if place is not None:
                    yield Found(
                        path=file.path,
                        line=one.instruction.line,
                        message=f"{place.reason} has to be compiled, and {stage.image} has no "
                        "compiler: the build ends here",
                        hint="the binary wheel (psycopg2-binary, pyuwsgi), or a builder with build-essential",
                        also=(place,),
                    )


def compiled(one: Install, file: Dockerfile, setup: Setup) -> Evidence | None:
    if one.tool not in ("pip", "uv pip") or one.verb not in ("install", "wheel"):
        return None
    for name in one.names:
        bare = re.split(r"[=<>~!\[]", name)[0].lower()
        if bare in COMPILED:
            return Evidence(path=file.path, line=one.instruction.line, reason=bare)
    for path in one.files:
        for line in requirement_lines(in_project(path, file.path, setup), setup):
            if line.name.lower() in COMPILED:
                return Evidence(path=line.path, line=line.line, reason=line.name)
    return None


def from_elsewhere(stage: Stage, one: Install) -> bool:
    """Whether wheels were made before, or a script may install a compiler."""
    if one.has("--no-index", "--find-links", "-f"):
        return True
    return any(re.search(r"\.sh\b|xargs|wheels", other.rest) for other in stage.instructions)
