"""Where a user without a home keeps things: a number in a container, whose HOME is / or nothing, a root file
system that is read-only."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from okamochi.errors import UsageError

__all__ = ["cannot_hold", "stand_in_home"]

# Not emptied when a machine starts again, and seldom a file system on which no program may run.
LASTING = "/var/tmp"


def cannot_hold(folder: Path, home: Path) -> bool:
    """Whether `folder` can be neither used nor made, since nothing can in this home at all: what is wrong
    with one folder in a home is for its owner to mend."""
    return not writable(folder) and not writable(home)


def writable(place: Path) -> bool:
    """Of what is not there yet, whether it could be made."""
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK, effective_ids=HAS_EFFECTIVE)


HAS_EFFECTIVE = os.access in os.supports_effective_ids


def stand_in_home(environ: Mapping[str, str], variable: str) -> Path:
    """A folder of this user alone below the first folder for temporary files that takes one; made when it is
    not there. UsageError, which names the `variable` that chooses a place, where none does, or where another
    user was there first."""
    places = (Path(one) for one in (LASTING, environ.get("TMPDIR", ""), "/tmp") if one)
    found = next((place for place in places if place.is_dir() and writable(place)), None)
    hint = f"set HOME, or {variable} to a folder that you can write to"
    if found is None:
        raise UsageError(
            "this user has no home folder, and no folder for temporary files", where="HOME", hint=hint
        )
    folder = found / f"okamochi-{os.geteuid()}"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise UsageError(
            f"this user has no home folder, and none can be made: {error.strerror}",
            where=str(folder),
            hint=hint,
        ) from error
    if not ours_alone(folder):
        raise UsageError(
            "this user has no home folder, and what would stand in for it is somebody else's",
            where=str(folder),
            hint=hint,
        )
    return folder


def ours_alone(folder: Path) -> bool:
    """Everybody may write where it lies: another user could have made it, to read secrets there."""
    found = folder.lstat()
    mine = found.st_uid == os.geteuid()
    return mine and stat.S_ISDIR(found.st_mode) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
