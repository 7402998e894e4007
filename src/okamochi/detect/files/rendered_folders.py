"""Folders that `okamochi render --output` wrote: files for other tools, no part of the app."""

import msgspec

from okamochi.detect.files.left_out import left_out, literal
from okamochi.model.rendered_mark import RECORD
from okamochi.system.project_files import ProjectFiles

__all__ = ["emptied_folders", "rendered_folder", "rendered_folders"]

SUPPORT = RECORD.rpartition("/")[0]
# Written at the project's root, where a project may have a folder of such a name itself
FOLDERS = ("ecs", "kubernetes", "swarm")


class RenderedFolder(msgspec.Struct, frozen=True):
    """`has_code`: somebody renders into a folder of the app. Then only what no tool but docker asks for stays
    out of the image, and the ignore files in it count."""

    path: str
    has_code: bool

    @property
    def pattern(self) -> str:
        return f"/{literal(self.path)}/" + (f"{SUPPORT}/" if self.has_code else "")


def rendered_folders(project: ProjectFiles) -> tuple[RenderedFolder, ...]:
    """Below the project's root, whose own rendered files are known by their names."""
    records = project.files(f"**/{RECORD}")
    return tuple(
        rendered_folder(project, path.removesuffix(f"/{RECORD}")) for path in records if path != RECORD
    )


def rendered_folder(project: ProjectFiles, path: str) -> RenderedFolder:
    modules = project.files("**/*.py", within=path)
    return RenderedFolder(path, any(not one.startswith(f"{path}/{SUPPORT}/") for one in modules))


def emptied_folders(project: ProjectFiles, excluded: tuple[str, ...]) -> tuple[str, ...]:
    """Patterns for the folders of rendered files of which nothing enters the image: empty, they would give it
    another digest. Those that are not there count, so that rendering changes nothing of the plan either."""
    return tuple(f"/{folder}/" for folder in FOLDERS if _is_emptied(project, folder, excluded))


def _is_emptied(project: ProjectFiles, folder: str, excluded: tuple[str, ...]) -> bool:
    files = project.files("**", within=folder)
    return not files or all(map(left_out(excluded), files))
