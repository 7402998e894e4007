"""Which folder a command is about, when it was given one that only holds the app's; and how one names it."""

import shlex
from pathlib import Path

from okamochi.detect.files.subfolders import from_here
from okamochi.system.project_files import DiskProject

__all__ = ["project_folder", "typed", "unread_above"]

ENVIRONMENT = (".env", ".env.production", ".env.prod")
# Most projects have one of these: nothing else is looked at then.
USUAL = ("requirements.txt", "okamochi.toml", "okamochi.lock", "setup.py", "Pipfile", "app.py", "manage.py")


def project_folder(path: Path) -> Path:
    """The folder of the only app below `path`, where `path` itself is none; else `path`."""
    if not path.is_dir() or any((path / name).exists() for name in USUAL):
        return path
    from okamochi.detect.files.sole_app import sole_app_folder
    from okamochi.errors import OkamochiError

    try:
        folder = sole_app_folder(DiskProject.open(path))
    except OkamochiError:
        return path  # the command itself will say it
    return path / folder if folder else path


def unread_above(path: Path, folder: Path) -> str:
    """A sentence about values that lie in `path` while the app in a `folder` below is taken: an environment
    file is never read unasked. "" when there are none."""
    found = next((name for name in ENVIRONMENT if (path / name).is_file()), "")
    if not found or folder == path or (folder / found).is_file():
        return ""
    command = shlex.join(("okamochi", "up", *place_of(folder), "--env-file", str(path / found)))
    return f"{path / found} is not read: {command} gives its values to the app"


def typed(root: Path, command: str, *words: str) -> str:
    """A command about the project in `root`, as it is typed in the current folder."""
    place = from_here(root, "")
    option = ("--project",) if command == "exec" else ()
    named = (*option, place) if place != "." else ()
    return shlex.join(("okamochi", command, *named, *words))


def place_of(folder: Path) -> tuple[str, ...]:
    return () if folder == Path() else (str(folder),)
