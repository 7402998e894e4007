"""On Alpine, packages are compiled from source because they have no wheels for it.

Alpine's C library is musl, and wheels for `manylinux` do not fit. A package with compiled code that offers
no `musllinux` wheel is built from source: that needs a compiler and headers, takes minutes instead of
seconds, and fails where they are missing. The lock file names the files of each release, so it tells which
ones these are.

Fix: `python:3.13-slim`, for which there are wheels; the image is larger by some 30 MB, less than a compiler.

Okamochi: a base with glibc, without a shell and a package manager; wheels fit as they are.

See: https://peps.python.org/pep-0656/
"""

from okamochi.audit.images import image_of
from okamochi.audit.locked_files import locked_files
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.steps import installs, makers
from okamochi.system.words import some_of

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for stage in makers(file):
            image = image_of(stage.image)
            installs_here = image is not None and (image.is_python or any(installs(stage.own)))
            if image is None or image.libc != "musl" or not installs_here:
                continue
            path, files = locked_files(setup, file)
            without = sorted(name for name, names in files.items() if is_compiled(names, image.python))
            if without:
                shown = some_of(without, 4)
                yield Found(
                    path=file.path,
                    line=stage.own[0].line,
                    message=f"{path} has no wheel for Alpine's musl of {shown}: they are compiled in "
                    "each build",
                    hint="a slim image, python:3.13-slim, for which there are wheels",
                )


def is_compiled(names: tuple[str, ...], python: str) -> bool:
    """Whether there are wheels for glibc, and none that fit musl and this Python."""
    wheels = [name for name in names if name.endswith(".whl")]
    if any(name.endswith("-none-any.whl") for name in wheels):
        return False
    tag = f"cp{python.replace('.', '')}"
    fitting = [name for name in wheels if not python or tag in name or "abi3" in name or "-py3-" in name]
    return any("manylinux" in name for name in fitting) and not any("musllinux" in name for name in fitting)
