"""The words by which a rendered file is known again: the plan must not rest on what was written from it."""

from okamochi.system.project_files import ProjectFiles

__all__ = ["RECORD", "text_by_people"]

MARK = "okamochi render "
"""In the comment at the head of every rendered file that detectors would read as evidence."""
HEAD_CHARACTERS = 500
RECORD = ".okamochi/rendered.json"
"""What rendering writes down of its files, in the folder that it writes to."""


def text_by_people(project: ProjectFiles, path: str) -> str | None:
    """The file's text; None when it is absent or okamochi rendered it."""
    text = project.read_text(path)
    return None if text is not None and MARK in text[:HEAD_CHARACTERS] else text
