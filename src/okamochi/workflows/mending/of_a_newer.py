"""Whether a file has statements or formatted strings that came with newer Pythons."""

import ast
import posixpath
from typing import TYPE_CHECKING

from okamochi.detect.source.newer_strings import with_names_inside
from okamochi.detect.source.newer_syntax import in_older_words
from okamochi.model.correction import CorrectionKind
from okamochi.model.plan import APP_ROOT

if TYPE_CHECKING:
    from okamochi.run.proof.answer import Verdict
    from okamochi.workflows.plan import PlannedProject

__all__ = ["is_of_a_newer", "told_to_be_newer"]


def told_to_be_newer(verdict: "Verdict", planned: "PlannedProject") -> str:
    """What to do where one file asks for a newer Python and something else for an older one; "" else."""
    where = verdict.cause.where if verdict.cause is not None else ""
    older = next((one for one in planned.corrections if one.kind is CorrectionKind.PYTHON), None)
    if older is None or not is_of_a_newer(where, planned):
        return ""
    return (
        f"a newer Python than {planned.plan.python_version} reads that line, but {older.reason}: give the "
        'app one that suits both ([tool.okamochi] base = "python:3.12-slim"), or change one of the two'
    )


def is_of_a_newer(where: str, planned: "PlannedProject") -> bool:
    """Of "/app/shop/views.py:12"."""
    path = where.rpartition(":")[0].removeprefix(f"{APP_ROOT}/")
    text = planned.project.read_text(posixpath.normpath(path)) or ""
    if not text or in_older_words(text) != text:
        return bool(text)
    if is_read(text):
        return True
    try:
        named, _ = with_names_inside(text)
    except ValueError:
        return False
    return is_read(named)


def is_read(text: str) -> bool:
    """By the Python that runs okamochi."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True
