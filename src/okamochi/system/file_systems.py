"""What a file system forbids by the way it is mounted, as a container's tmpfs often is."""

import os
from pathlib import Path

__all__ = ["forbids_programs", "holds_roots", "temporary_with_programs"]

NO_PROGRAMS = getattr(os, "ST_NOEXEC", 0)
NO_DEVICES = getattr(os, "ST_NODEV", 0)
# Beside the usual one, which Docker mounts with both for `--tmpfs /tmp`.
OTHERS = ("/var/tmp",)


def forbids_programs(path: Path) -> bool:
    """Whether nothing that lies there may be started; `path` is there."""
    return bool(flags_of(path) & NO_PROGRAMS)


def holds_roots(folder: Path) -> bool:
    """Whether programs of a root there may start and find their devices; the folder need not be there yet."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    return not flags_of(folder) & (NO_PROGRAMS | NO_DEVICES)


def temporary_with_programs() -> str | None:
    """Where a root for programs can be put together, devices and all; None: where temporary files are,
    which may not do."""
    import tempfile  # not for each plain build

    places = (tempfile.gettempdir(), *OTHERS)
    wanted = (place for place in places if not flags_of(Path(place)) & (NO_PROGRAMS | NO_DEVICES))
    return next((place for place in wanted if os.access(place, os.W_OK | os.X_OK)), None)


def flags_of(path: Path) -> int:
    try:
        return os.statvfs(path).f_flag
    except OSError:
        return 0
