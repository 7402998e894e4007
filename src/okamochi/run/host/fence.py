"""What a program without a root of its own sees of this machine: landlock(7) keeps it from the rest."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["confinement", "fence", "open_to_all"]

PROGRAMS = ("/usr", "/bin", "/lib", "/lib64")
"""What programs of this machine need, a shell among them."""
DEVICES = tuple(f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom"))
# Where users and time zones are named, and what libraries open when it is there.
OF_TRIALS = (
    *("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/localtime", "/etc/protocols", "/etc/services"),
    *("/etc/mime.types", "/etc/ssl/openssl.cnf"),
)
SETTINGS = Path("/etc")
# Links out of /etc on many machines; and what Python and the arithmetic of workers ask of the kernel.
ELSEWHERE = ("/etc/resolv.conf", "/etc/localtime", "/proc", "/sys")
SHARED = ("/tmp", "/dev/shm", "/dev/tty", "/dev/pts")


def confinement(reads: Iterable[str], writes: Iterable[str]) -> dict[str, Any]:
    """What the launcher is told of the files and folders of a command that is tried or builds something; it
    has no network."""
    return {"reads": [*reads, *PROGRAMS, *OF_TRIALS], "writes": [*writes, *DEVICES]}


def fence(reads: Iterable[str], writes: Iterable[str]) -> dict[str, Any]:
    """The same of a program that serves: it has the network, and such settings of the machine as everybody
    may read."""
    seen = (*PROGRAMS, *open_to_all(SETTINGS), *ELSEWHERE)
    return {"reads": [*reads, *seen], "writes": [*writes, *DEVICES, *SHARED], "network": True}


def open_to_all(folder: Path) -> tuple[str, ...]:
    """The folder, or the largest parts of it in which everybody may read everything. Root owns the rest, so
    that its rights alone would not keep root from it. What cannot be looked at is left out."""
    whole, parts = looked_through(folder)
    return (str(folder),) if whole else tuple(parts)


def looked_through(folder: Path) -> tuple[bool, list[str]]:
    whole, parts = True, []
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return False, []
    for entry in entries:
        if entry.is_symlink():  # what it leads to is judged where it lies
            continue
        opened, found = judged(entry)
        whole = whole and opened
        parts += [entry.path] if opened else found
    return whole, parts


def judged(entry: "os.DirEntry[str]") -> tuple[bool, list[str]]:
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError:
        return False, []
    if stat.S_ISDIR(mode):
        passable = bool(mode & stat.S_IROTH and mode & stat.S_IXOTH)
        return looked_through(Path(entry.path)) if passable else (False, [])
    return stat.S_ISREG(mode) and bool(mode & stat.S_IROTH), []
