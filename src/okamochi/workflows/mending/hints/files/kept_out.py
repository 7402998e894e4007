"""A module that the folder has and the image has not: a pattern keeps it out; or one that the folder lacks,
too, since .gitignore keeps it where it was written. Told where it is missed."""

import posixpath
from typing import TYPE_CHECKING

from okamochi.detect.files.ignore import anchored, gitignore_lines
from okamochi.detect.files.left_out import left_out
from okamochi.workflows.mending.failed import Failed

if TYPE_CHECKING:
    from okamochi.system.project_files import ProjectFiles


def hint(failed: Failed) -> str:
    """It is not taken without asking: .gitignore names such files for what nobody should read in them."""
    module, plan, project = failed.missed, failed.planned.plan, failed.planned.project
    if not module:
        return ""
    is_out = left_out(plan.source.exclude)
    path = next((one for one in _places(module, plan.application.import_root, project) if is_out(one)), "")
    if not path:
        return _left_with_its_author(module, plan.application.import_root, project)
    by = _line_that_names(path, project) or "a pattern of the setting exclude, or a built-in one,"
    return (
        f"{path} is there, but {by} keeps it out of the image: if it holds no secret, take it back with "
        f'exclude = ["!/{path}"] in [tool.okamochi]; else let it read its values from variables, commit it, '
        "and take it out of that file"
    )


def _left_with_its_author(module: str, import_root: str, project: "ProjectFiles") -> str:
    """Where a line names that very file: one that names many (build/, *_local.py) says nothing of it."""
    stem = f"{module.replace('.', '/')}.py"
    for path in dict.fromkeys(posixpath.join(root, stem) for root in (import_root, "", "src")):
        by = _line_that_names(path, project)
        if by and posixpath.basename(by.rstrip(")").partition(" (")[2]) == posixpath.basename(path):
            return (
                f"{path} is not in this folder, since {by} keeps it out of git: write it anew with what the "
                'code takes from it, or ask its author; exclude = ["!/'
                f'{path}"] in [tool.okamochi] then takes it into the image'
            )
    return ""


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
