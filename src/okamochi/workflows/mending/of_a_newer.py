"""Whether a file has statements or formatted strings that came with newer Pythons."""

import posixpath
from typing import TYPE_CHECKING

from okamochi.detect.source.newer_strings import with_names_inside
from okamochi.detect.source.newer_syntax import in_older_words
from okamochi.model.plan import APP_ROOT
from okamochi.system.python_text import syntax_tree

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["is_of_a_newer"]


def is_of_a_newer(where: str, planned: "PlannedProject") -> bool:
    """Of "/app/shop/views.py:12"."""
    path = where.rpartition(":")[0].removeprefix(f"{APP_ROOT}/")
    text = planned.project.read_text(posixpath.normpath(path)) or ""
    if not text or in_older_words(text) != text:
        return bool(text)
    if syntax_tree(text) is not None:  # for the Python that runs okamochi
        return True
    try:
        named, _ = with_names_inside(text)
    except ValueError:
        return False
    return syntax_tree(named) is not None
