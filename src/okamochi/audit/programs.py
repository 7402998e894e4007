"""Which programs an image has, as far as its base and its steps tell."""

import re
from collections.abc import Iterator

from okamochi.containerfiles.dockerfile import Instruction, Stage
from okamochi.system.patterns import regex

__all__ = ["installed_packages", "lacks", "packages_of"]

# images with next to nothing beside Python; the full python:3.x brings curl and wget, buildpack-deps as well
SLIM_PYTHON = regex(r"(?:[\w.-]+(?::\d+)?/)*python:[\w.-]*slim[\w.-]*(?:@.*)?")
ALPINE = regex(r"(?:[\w.-]+(?::\d+)?/)*(?:python:[\w.-]*alpine[\w.-]*|alpine(?::.*)?)(?:@.*)?")
INSTALL = regex(r"\b(?:apt-get|apt|aptitude|apk|microdnf|dnf|yum)\s+(?:-\S+\s+)*(?:install|add)\s+([^;&|]+)")
# the package that brings a program, where the names differ: Debian's, then Alpine's
BRINGS = {
    "curl": ("curl",),
    "wget": ("wget", "busybox"),
    "ps": ("procps",),
    "nc": ("netcat", "netcat-openbsd", "netcat-traditional", "ncat", "nmap"),
    "git": ("git",),
    "pg_isready": ("postgresql-client",),
    "mysqladmin": ("default-mysql-client", "mariadb-client", "mysql-client"),
    "redis-cli": ("redis-tools", "redis"),
    "tini": ("tini",),
    "dumb-init": ("dumb-init",),
    "gosu": ("gosu",),
    "bash": ("bash",),
}
# of busybox, which Alpine is made of
BUSYBOX = frozenset(("wget", "nc", "ps"))


def installed_packages(stage: Stage) -> tuple[str, ...]:
    """Names that package managers install in a stage and below, without versions."""
    return tuple(dict.fromkeys(names_of(stage)))


def names_of(stage: Stage) -> Iterator[str]:
    for one in stage.all("RUN"):
        yield from packages_of(one)


def packages_of(one: Instruction) -> Iterator[str]:
    """Names that a RUN installs by the system's package manager."""
    for found in INSTALL.finditer(one.rest):
        for word in found[1].split():
            if not word.startswith(("-", "$", ">", ".", "\\")):
                yield re.split(r"[=<>~:/]", word)[0]


def lacks(stage: Stage, program: str) -> bool:
    """Whether an image of that stage surely has no such program: a slim or Alpine base, and no step that
    installs it, copies it from elsewhere, or may bring it by other means."""
    slim, alpine = SLIM_PYTHON.fullmatch(stage.image), ALPINE.fullmatch(stage.image)
    if program not in BRINGS or not (slim or alpine):
        return False
    if (alpine and program in BUSYBOX) or (slim and program == "bash"):
        return False
    names = installed_packages(stage)
    if any(name.startswith(BRINGS[program]) for name in names):
        return False
    steps = [one.rest for one in stage.instructions if one.word in ("RUN", "COPY", "ADD")]
    # a script of the project may install it, and so may a file that is copied
    return not any(re.search(rf"\b{re.escape(program)}\b|\.sh\b|xargs|\$\(", rest) for rest in steps)
