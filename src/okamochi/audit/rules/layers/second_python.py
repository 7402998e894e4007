"""Debian's own Python is installed beside that of the image.

The image has its Python below /usr/local, with headers and pip. `python3-dev`, `python3-pip` and
`python3` are Debian's: another version below /usr, with other headers. What is compiled uses those of
the first anyway; `/usr/bin/python3 -m pip` installs where the app does not look.

Fix: take the names away. A package of Debian that depends on its Python (python3-opencv, say) is for
that Python alone; from the package index it is for the image's.

Okamochi: one Python, that of the plan.

See: https://hub.docker.com/_/python
"""

import re

from okamochi.audit.images import image_of
from okamochi.audit.programs import packages_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.steps import makers

SEVERITY = Severity.WARNING
DEBIAN_PYTHON = re.compile(
    r"python3?|python3?-(?:dev|pip|venv|setuptools|wheel|distutils)|python3\.\d+(?:-dev|-venv)?"
)


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for stage in makers(file):
            image = image_of(stage.image)
            if image is None or not image.is_python or image.libc != "glibc":
                continue
            for one in stage.own:
                names = [
                    name for name in packages_of(one) if one.word == "RUN" and DEBIAN_PYTHON.fullmatch(name)
                ]
                if names:
                    yield Found(
                        path=file.path,
                        line=one.line,
                        message=f"{', '.join(names)} is Debian's Python, a second one beside that of "
                        f"{stage.image}",
                        hint=f"take {', '.join(names)} away: the image has Python, its headers and pip",
                    )
