"""A tool without a version is installed among the app's packages.

`pip install pipenv`, `poetry`, `uv`, or `--upgrade pip setuptools wheel` takes the newest on the day of
the build, and what it needs (virtualenv, filelock, requests …) stands beside what the app needs, in
other versions than the lock has. It is shipped as well.

Fix: a builder, with a version: `pip install "pipenv==2026.10.3"`; `COPY
--from=ghcr.io/astral-sh/uv:0.13.8 /uv /bin/` for uv. pip itself needs no upgrade to install from a lock.

Okamochi: no tool is installed: wheels are unpacked from outside, and pip itself is not in the image.

See: https://python-poetry.org/docs/#ci-recommendations
"""

import re
from collections.abc import Iterator

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.steps import copied_from, installs, makers
from okamochi.containerfiles.dockerfile import Stage

__all__ = ["TOOLS"]

SEVERITY = Severity.NOTE
TOOLS = frozenset(
    ("pip", "setuptools", "wheel", "pipenv", "poetry", "uv", "pdm", "pip-tools", "virtualenv", "hatch")
)


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        taken = [
            one for one in file.shipped.all("COPY") if any("site-packages" in word for word in one.words)
        ]
        whole = [stage for one in taken if (stage := copied_from(file, one)) is not None]
        for stage in makers(file) if not file.desk else ():
            if stage is not file.shipped and stage not in whole:
                continue
            for line, names in unversioned(stage):
                yield Found(
                    path=file.path,
                    line=line,
                    message=f"{', '.join(names)} without a version, among the app's packages and "
                    "shipped with them",
                    hint="in a builder, with ==; pip needs no upgrade to install from a lock",
                )


def unversioned(stage: Stage) -> Iterator[tuple[int, list[str]]]:
    """Lines with the names that they install so, each line once."""
    found = dict[int, list[str]]()
    for one in installs(stage.instructions):
        bare = [re.split(r"\[", name)[0].lower() for name in one.names]
        names = [name for name in bare if name in TOOLS]
        if one.tool in ("pip", "uv pip") and names:
            found.setdefault(one.instruction.line, []).extend(names)
    yield from found.items()
