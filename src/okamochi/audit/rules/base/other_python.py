"""Packages are copied between stages that have another Python or another C library.

What a builder installs belongs to its Python: `lib/python3.12/site-packages` is never looked at by
Python 3.13, a virtual environment's `bin/python` is a link to a path of the builder's image, and a
compiled module for glibc (Debian) does not load with musl (Alpine): "Error loading shared library".

Fix: one image name for both stages, as an ARG before the first FROM; a slim variant of the same version
and suite is fine.

Okamochi: wheels are installed by the image's own Python, for its own C library; there is no second one.

See: https://docs.docker.com/build/building/multi-stage/
"""

from okamochi.audit.images import Image, image_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.steps import copied_from
from okamochi.containerfiles.dockerfile import Instruction
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR
PACKAGES = regex(
    r"site-packages|dist-packages|\.local\b|(?:^|/|\s)\.?(?:venv|virtualenv|env)\b|/usr/local/lib/python|/install\b"
)


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for stage in file.stages:
            here = image_of(stage.image)
            for one in stage.own:
                other = copied_from(file, one)
                there = image_of(other.image) if other is not None else None
                if here is None or there is None or not takes_packages(one):
                    continue
                difference = differs(there, here)
                if difference:
                    yield Found(
                        path=file.path,
                        line=one.line,
                        message=f"it takes packages that were installed on {there.name}:{there.tag} to "
                        f"{here.name}:{here.tag}: {difference}",
                        hint="one base for both stages, named once: ARG BASE=… before the first FROM",
                    )


def takes_packages(one: Instruction) -> bool:
    return any(PACKAGES.search(word) for word in one.words[:-1])


def differs(there: Image, here: Image) -> str:
    if there.python and here.python and there.python != here.python:
        return f"Python {here.python} does not look into the folder of {there.python}"
    if there.libc and here.libc and there.libc != here.libc:
        return f"compiled modules for {there.libc} do not load with {here.libc}"
    return ""
