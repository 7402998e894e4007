"""What the operating system refuses where nobody expected it, as an error for people."""

import errno
import os
from pathlib import Path

from okamochi.errors import OkamochiError, UsageError

__all__ = ["refusal"]

PERMISSION = "check the owner and the permissions of what is named, and of the folders above it"
SPACE = "make room there, or raise the limit, and run the same command again"
UNNAMED = "stdout, or a file that was being written"
HINTS = {
    errno.EACCES: PERMISSION,
    errno.EPERM: PERMISSION,
    errno.EROFS: "the file system is mounted read-only: name another place",
    errno.ENOSPC: SPACE,
    errno.EDQUOT: SPACE,
    errno.EFBIG: SPACE,
    errno.EMFILE: "raise the limit of open files (ulimit -n 1024) and run the same command again",
    errno.ENFILE: "the whole machine has too many files open: end something, or raise fs.file-max",
    errno.ENOMEM: "end something else, or raise the limit of memory, and run the same command again",
    errno.EAGAIN: "raise the limit of processes (ulimit -u) or end some, and run the same command again",
    errno.EIO: "the disk or its network does not answer as it should: look at the system's log",
    errno.ESTALE: "the network file system changed below: run the same command again",
}


def refusal(error: OSError) -> OkamochiError | None:
    """The error to show; None for what the machine does not explain, which is a bug of ours."""
    if error.errno == errno.ENOENT and not standing():
        return UsageError(
            "the folder in which okamochi was started is not there any more",
            where="the current folder",
            hint='change to a folder that exists (cd .. or cd "$PWD")',
        )
    hint = HINTS.get(error.errno or 0)
    if hint is None:
        return None
    places = [
        os.fsdecode(place) for place in (error.filename, error.filename2) if isinstance(place, str | bytes)
    ]
    where = " -> ".join(places)
    return OkamochiError(f"the system refuses: {error.strerror}", where=where or UNNAMED, hint=hint)


def standing() -> bool:
    """Whether the current folder is there."""
    try:
        Path.cwd()
    except OSError:
        return False
    return True
