"""The folder of the only app of a checkout whose own folder is none: app/ beside docker-compose.yml."""

import posixpath

from okamochi.detect.files.subfolders import Below, app_folders
from okamochi.system.data_text import NoDataError, toml_of
from okamochi.system.project_files import ProjectFiles

__all__ = ["sole_app_folder"]

OWN = ("requirements.txt", "Pipfile", "setup.py", "setup.cfg", "environment.yml", "manage.py", "Procfile")
SETTINGS = ("okamochi.toml", "okamochi.lock")


def sole_app_folder(project: ProjectFiles) -> str:
    """ "" when the project's folder itself looks like an app, or when no folder in it does, or several do. A
    folder with a Dockerfile, of which the same holds, has it below: backend/Dockerfile and backend/main/."""
    if any(project.exists(name) for name in (*SETTINGS, *OWN)) or project.files("*.py") or is_named(project):
        return ""
    folders = app_folders(project)
    if len(folders) != 1:
        return ""
    return posixpath.normpath(posixpath.join(folders[0], sole_app_folder(Below(project, folders[0]))))


def is_named(project: ProjectFiles) -> bool:
    """A pyproject.toml that only tells tools how to check the code makes no project of a folder."""
    text = project.read_text("pyproject.toml")
    if text is None:
        return False
    try:
        tables = toml_of(text)
    except NoDataError:
        return True  # who reads it says what is wrong
    tools = tables.get("tool")
    return "project" in tables or (isinstance(tools, dict) and not {"poetry", "okamochi"}.isdisjoint(tools))
