"""Names in annotations that only type checkers import, or that are not defined yet: Python 3.14 (PEP 649)
does not ask for them."""

import ast
import posixpath
from collections.abc import Iterator

from packaging.version import Version

from okamochi.detect.source.newer_syntax import newer_tree
from okamochi.model.correction import Correction, CorrectionKind
from okamochi.model.plan import APP_ROOT
from okamochi.run.traces import own_frame
from okamochi.system.patterns import regex
from okamochi.workflows.mending.failed import Failed, Mended

UNDEFINED = regex(r"name '(\w+)' is not defined")
SINCE = Version("3.14")


def mend(failed: Failed) -> Mended:
    """The oldest of the plan's alternatives that leaves annotations alone, where the file of the NameError
    imports the name for type checkers alone, or defines it only below."""
    answer, planned = failed.answer, failed.planned
    if answer is None or answer.error != "NameError":
        return None
    found = UNDEFINED.match(answer.message)
    newer = [one for one in planned.plan.python_alternatives if Version(one) >= SINCE]
    if found is None or not newer or Version(planned.plan.python_version) >= SINCE:
        return None
    where = own_frame(answer.text)
    place, _, line = where.rpartition(":")
    path = posixpath.normpath(place.removeprefix(f"{APP_ROOT}/"))
    text = planned.project.read_text(path) or ""
    if is_for_checkers(found[1], text):
        how = "imports it for type checkers alone"
    elif is_defined_later(found[1], text, int(line) if line.isdigit() else 0):
        how = "defines it only later"
    else:
        return None
    reason = (
        f"{where} names {found[1]} in an annotation and {how}, which Python "
        f"{planned.plan.python_version} does not bear"
    )
    return (Correction.of(CorrectionKind.PYTHON, min(newer, key=Version), reason),)


def is_for_checkers(name: str, text: str) -> bool:
    tree = evaluated(text) if "TYPE_CHECKING" in text else None
    return tree is not None and name in set(imported_for_checkers(tree)) and name in set(annotated(tree))


def is_defined_later(name: str, text: str, line: int) -> bool:
    """By a class or function of the module that ends behind the line: one whose method returns it, too."""
    tree = evaluated(text)
    return tree is not None and any(
        statement.name == name and (statement.end_lineno or 0) >= line and name in set(annotated(tree))
        for statement in tree.body
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    )


def evaluated(text: str) -> ast.Module | None:
    """The module, if Python evaluates its annotations when it is imported."""
    try:
        tree = newer_tree(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return None if has_texts_for_annotations(tree) else tree


def has_texts_for_annotations(tree: ast.Module) -> bool:
    """`from __future__ import annotations` (PEP 563): whoever evaluates them fails on every Python."""
    futures = (one for one in tree.body if isinstance(one, ast.ImportFrom) and one.module == "__future__")
    return any(alias.name == "annotations" for one in futures for alias in one.names)


def imported_for_checkers(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING":
            imports = (one for one in node.body if isinstance(one, ast.Import | ast.ImportFrom))
            yield from (alias.asname or alias.name for one in imports for alias in one.names)


def annotated(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        given = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        for one in given:
            parts = ast.walk(one) if isinstance(one, ast.expr) else ()
            yield from (part.id for part in parts if isinstance(part, ast.Name))
