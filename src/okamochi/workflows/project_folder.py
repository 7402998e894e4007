"""Which folder a command is about, when it was given one that only holds the app's."""

from pathlib import Path

from okamochi.system.project_files import DiskProject

__all__ = ["project_folder"]

# Most projects have one of these: nothing else is looked at then.
USUAL = ("requirements.txt", "okamochi.toml", "okamochi.lock", "setup.py", "Pipfile", "app.py", "manage.py")


def project_folder(path: Path) -> Path:
    """The folder of the only app below `path`, where `path` itself is none; else `path`."""
    if not path.is_dir() or any((path / name).exists() for name in USUAL):
        return path
    from okamochi.detect.sole_app import sole_app_folder
    from okamochi.errors import OkamochiError

    try:
        folder = sole_app_folder(DiskProject.open(path))
    except OkamochiError:
        return path  # the command itself will say it
    return path / folder if folder else path
