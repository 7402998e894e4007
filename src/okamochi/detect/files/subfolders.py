"""Folders of the project that are apps of their own: what to name when the folder itself is none."""

import ast
import os
import posixpath
import shlex
from collections.abc import Sequence
from pathlib import Path

import msgspec

from okamochi.detect.base import Detected
from okamochi.detect.frameworks.own_servers import programs_that_serve
from okamochi.detect.frameworks.scripts import script_applications
from okamochi.detect.serving.other_frameworks import folders_of_reflex
from okamochi.detect.serving.web_applications import Candidate, web_applications
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.import_lines import imported_parts
from okamochi.detect.source.sources import Sources
from okamochi.system.project_files import READ_LIMIT_BYTES, ProjectFiles

__all__ = ["Below", "app_folders", "folder_hint", "from_here", "hint_naming", "is_a_package"]

# a Dockerfile tells how its own folder is installed, wherever the list lies
LISTINGS = ("requirements.txt", "pyproject.toml", "Pipfile.lock", "setup.py", "manage.py", "Dockerfile")
# folders above an app's own; deeper ones are looked into where there is none else
USUAL_DEPTH, DEEPEST = 2, 3
SHOWN = 5


def folder_hint(project: ProjectFiles) -> str:
    """What to do when the app is below the folder: "okamochi up invoice"; "" when none is."""
    return hint_naming(project, app_folders(project))


def hint_naming(project: ProjectFiles, folders: Sequence[str]) -> str:
    if not folders:
        return ""
    commands = " or ".join(
        f"okamochi up {shlex.quote(from_here(project.root, folder))}" for folder in folders[:SHOWN]
    )
    more = f" (and {len(folders) - SHOWN} more)" if len(folders) > SHOWN else ""
    return f"give the folder of the app: {commands}{more}"


def app_folders(project: ProjectFiles) -> tuple[str, ...]:
    """Folders, at most two deep, that list dependencies and hold an object that a server can load, sorted;
    those inside of such a folder are left out. Where there is none: those with a script that is served; then
    the same of folders three deep."""
    listed = {posixpath.dirname(path) for name in LISTINGS for path in project.files(f"**/{name}")} - {""}
    known: dict[str, FlaskObjects | None] = {}

    def objects_of(folder: str) -> FlaskObjects | None:
        """What is looked through more than once is read once; None for a folder that is no app's."""
        if folder not in known:
            below = Sources(Below(project, folder))
            is_part = _is_a_package(below, posixpath.basename(folder)) or "" in folders_of_reflex(below)
            known[folder] = None if is_part else FlaskObjects(below)
        return known[folder]

    for deepest in (USUAL_DEPTH, DEEPEST):
        near = [folder for folder in sorted(listed) if folder.count("/") < deepest]
        for looked_for in (web_applications, _scripts):
            found: list[str] = []
            for folder in near:
                if any(folder.startswith(f"{outer}/") for outer in found):
                    continue
                objects = objects_of(folder)
                if objects is not None and looked_for(objects):
                    found.append(folder)
            if found:
                return tuple(found)
    return ()


def _scripts(objects: FlaskObjects) -> tuple[Detected[Candidate], ...]:
    return script_applications(objects.sources) or programs_that_serve(objects)


def is_a_package(project: ProjectFiles, folder: str) -> bool:
    """Whether the folder's modules are imported from the folder above it."""
    return _is_a_package(Sources(Below(project, folder)), posixpath.basename(folder))


def _is_a_package(below: Sources, name: str) -> bool:
    """Whether it is imported from the folder above: its own __init__.py imports from beside it, or a module
    of its own names it: `from app.routers import users` in app/main.py, beside app/routers/."""
    if "__init__.py" in below.known and any(
        node.level for node in below.module("__init__.py").of(ast.ImportFrom)
    ):
        return True
    if any(path.startswith((f"{name}/", f"{name}.")) for path in below.known):
        return False
    return any(
        below.find(dotted.removeprefix(f"{name}."), importer=module.path) is not None
        for module in below.mentioning(name)
        for node in module.of(ast.Import, ast.ImportFrom)
        for dotted in imported_parts(node)
        if dotted.startswith(f"{name}.")
    )


class Below(msgspec.Struct, frozen=True):
    """A folder of a project, seen as a project."""

    whole: ProjectFiles
    folder: str

    @property
    def root(self) -> Path | None:
        return self.whole.root / self.folder if self.whole.root is not None else None

    def read_bytes(self, path: str, *, limit_bytes: int = READ_LIMIT_BYTES) -> bytes | None:
        return self.whole.read_bytes(self._full(path), limit_bytes=limit_bytes)

    def read_text(self, path: str) -> str | None:
        return self.whole.read_text(self._full(path))

    def exists(self, path: str) -> bool:
        return self.whole.exists(self._full(path))

    def is_dir(self, path: str) -> bool:
        return self.whole.is_dir(self._full(path))

    def files(self, pattern: str = "**", *, within: str = "") -> tuple[str, ...]:
        found = self.whole.files(pattern, within=self._full(within))
        return tuple(path.removeprefix(f"{self.folder}/") for path in found)

    def _full(self, path: str) -> str:
        return posixpath.join(self.folder, path)


def from_here(root: Path | None, folder: str) -> str:
    """As it is typed in the current folder."""
    if root is None:
        return folder
    try:
        relative = os.path.relpath(root / folder)
    except OSError:
        return os.fspath(root / folder)
    return os.fspath(root / folder) if relative.startswith("..") else relative
