"""A module that the folder has and the image has not: a pattern keeps it out; told where it is missed."""

import posixpath
from typing import TYPE_CHECKING

from okamochi.detect.files.ignore import anchored, gitignore_lines
from okamochi.detect.files.left_out import left_out
from okamochi.errors import OkamochiError
from okamochi.workflows.mending.missing_copy import own_part

if TYPE_CHECKING:
    from okamochi.system.project_files import ProjectFiles
    from okamochi.workflows.plan import PlannedProject

__all__ = ["tell_kept_out", "told_to_be_kept_out"]


def tell_kept_out(failure: OkamochiError, planned: "PlannedProject") -> None:
    """Where `from shop import config` failed for such a module of the app's own package."""
    part = own_part(failure.message)
    failure.hint = (told_to_be_kept_out(part, planned) if part else "") or failure.hint


def told_to_be_kept_out(module: str, planned: "PlannedProject") -> str:
    """What to do about the module that the proof missed; "" when no pattern keeps it out.

    It is not taken without asking: .gitignore names such a file because it holds what nobody should read.
    """
    plan, project = planned.plan, planned.project
    is_out = left_out(plan.source.exclude)
    path = next((one for one in _places(module, plan.application.import_root, project) if is_out(one)), "")
    if not path:
        return ""
    by = _line_that_names(path, project) or "a pattern of the setting exclude, or a built-in one,"
    return (
        f"{path} is there, but {by} keeps it out of the image: if it holds no secret, take it back with "
        f'exclude = ["!/{path}"] in [tool.okamochi]; else let it read its values from variables, commit it, '
        "and take it out of that file"
    )


def _places(module: str, import_root: str, project: "ProjectFiles") -> tuple[str, ...]:
    """Files that the name can mean; of a folder without __init__.py the folder, with a slash."""
    found: list[str] = []
    for root in dict.fromkeys((import_root, "", "src")):
        stem = posixpath.join(root, module.replace(".", "/"))
        found += [one for one in (f"{stem}.py", f"{stem}/__init__.py") if project.exists(one)]
        found += [f"{stem}/"] if project.is_dir(stem) else []
    return tuple(found)


def _line_that_names(path: str, project: "ProjectFiles") -> str:
    """ ".gitignore:3 (config.py)": the last line that does, as git reads them."""
    named = ""
    for place in sorted(project.files("**/.gitignore"), key=lambda one: one.count("/")):
        folder = posixpath.dirname(place)
        for number, line in gitignore_lines(project.read_text(place) or ""):
            if not line.startswith("!") and left_out((anchored(line, folder),))(path):
                named = f"{place}:{number} ({line})"
    return named
