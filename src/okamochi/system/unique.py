"""Files and folders under names that nobody else has, as `tempfile` makes them: importing that takes longer
than all else that a build does with files."""

import os
from pathlib import Path

__all__ = ["unique_file", "unique_folder"]

NAME_BYTES = 8
TRIES = 100
NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def unique_file(folder: Path, prefix: str = "") -> tuple[int, str]:
    """A new file that is open for reading and writing, for the user alone, and its path."""
    for _ in range(TRIES):
        path = new_path(folder, prefix)
        try:
            return os.open(path, NEW, 0o600), path
        except FileExistsError:
            continue
    raise no_name(folder)


def unique_folder(folder: Path, prefix: str = "") -> Path:
    """A new folder, for the user alone."""
    for _ in range(TRIES):
        path = Path(new_path(folder, prefix))
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return path
    raise no_name(folder)


def new_path(folder: Path, prefix: str) -> str:
    return f"{folder}/{prefix}{os.urandom(NAME_BYTES).hex()}"


def no_name(folder: Path) -> FileExistsError:
    return FileExistsError(f"no name is free in {folder}")
