"""A library's class or function that no longer takes an argument which the app gives it.

TypeError: Admin.__init__() got an unexpected keyword argument 'template_mode'
"""

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from okamochi.model.import_names import distribution_of
from okamochi.model.plan import APP_ROOT
from okamochi.run.proof.answer import Answer
from okamochi.run.traces import own_frame
from okamochi.system.patterns import regex

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["refusing_package"]

UNWANTED = regex(r"(?P<name>\w+)(?:\.__init__|\.__new__)?\(\) got an unexpected keyword argument '\w+'.*")


def refusing_package(answer: Answer, planned: "PlannedProject", installed: Iterable[str]) -> str:
    """The installed package from which the module of the app that makes the call imports what it calls; ""
    where it is another failure, or the app's own function."""
    match = UNWANTED.fullmatch(answer.message) if answer.error == "TypeError" else None
    path, _, line = own_frame(answer.text).rpartition(":")
    if match is None or not path.startswith(f"{APP_ROOT}/"):
        return ""
    text = planned.project.read_text(path.removeprefix(f"{APP_ROOT}/")) or ""
    shown = text.splitlines()[int(line) - 1 : int(line)] if line.isdecimal() else []
    if not any(match["name"] in one for one in shown):
        return ""  # the frame that fails lies deeper
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ""
    taken = (
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and not node.level
        and node.module
        and any((alias.asname or alias.name) == match["name"] for alias in node.names)
    )
    package = canonicalize_name(distribution_of(next(taken, "").partition(".")[0]))
    return package if package in set(installed) else ""
