"""Modules that Python cannot parse: an error where the app loads them, a warning in the plan elsewhere."""

import ast
import sys
from collections.abc import Iterable

from okamochi.detect.packages.interpreter import COMFORTABLE
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.errors import DetectionError
from okamochi.model.evidence import Decision, Evidence
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.python_text import syntax_tree

__all__ = ["nested_too_deep", "not_parsed", "refuse_unreadable", "unread_modules"]

# what the parser says of statements that Python 3 gave up: https://docs.python.org/3/whatsnew/3.0.html
OF_PYTHON_2 = regex(
    r"Missing parentheses in call to '(?:print|exec)'|multiple exception types must be parenthesized"
    r"|leading zeros in decimal integer|\b\d+L\b|\braise\s+\w+\s*,"
)
PYTHON_2 = (
    "this is Python 2, which no image has and which ended in 2020: port the code to Python 3 (2to3 does most "
    "of it), then build again"
)


def not_parsed(module: Module, *, remedy: str = "") -> DetectionError:
    """The error about a module with a problem: its line, the Python that read it, and what to do."""
    problem = module.problem
    line, reason, text = (problem.line, problem.reason, problem.text) if problem else (0, "", "")
    return DetectionError(
        f"{module.path} cannot be parsed by Python {_host()}, which runs okamochi: {reason}",
        where=f"{module.path}:{line}" if line else module.path,
        hint=(PYTHON_2 if OF_PYTHON_2.search(f"{reason} {text}") else _hint()) + remedy,
        details=(text,) if text else (),
    )


def nested_too_deep(project: ProjectFiles) -> DetectionError:
    """About the module whose code is nested deepest: Python parses deeper trees than can be walked through,
    as chains of a thousand calls or of `elif` are."""
    path, line, _ = max(
        ((path, *deepest(project.read_text(path) or "")) for path in project.files("**/*.py")),
        key=lambda one: one[2],
        default=("", 0, 0),
    )
    return DetectionError(
        "code of the project is nested too deep to be looked through",
        where=f"{path}:{line}" if path else "",
        hint="take that statement apart: a chain of so many calls, operators or elif is seldom meant",
    )


def deepest(text: str) -> tuple[int, int]:
    """The line of a statement's deepest part, and how deep that is; zeros for what cannot be parsed."""
    tree = syntax_tree(text)
    level: list[ast.AST] = [tree] if tree is not None else []
    line, depth = 0, 0
    while level:
        line, depth = next((one.lineno for one in reversed(level) if hasattr(one, "lineno")), line), depth + 1
        level = [below for node in level for below in ast.iter_child_nodes(node)]
    return line, depth


def refuse_unreadable(
    sources: Sources, reached: Iterable[str], excluded: tuple[str, ...], python: str
) -> None:
    """DetectionError for the first reached module with invalid syntax, of those that had to be parsed: what
    it reads, writes and serves would be missing from the plan. Where no tree was needed, the proof tells.

    Files that are no part of the image do not count; nor does anything when the project asks for a Python
    newer than this one and the usual one: it may read it."""
    newest = max(sys.version_info[:2], tuple(map(int, COMFORTABLE.split("."))))
    if tuple(map(int, python.split("."))) > newest:
        return
    modules = map(sources.module, reached)
    broken = tuple(module for module in modules if module.is_parsed and module.is_invalid)
    for module in _in_image(broken, excluded):
        remedy = "; if the app runs without this file, name it in the setting exclude"
        raise not_parsed(module, remedy=remedy)


def unread_modules(sources: Sources, excluded: tuple[str, ...]) -> tuple[Decision, ...]:
    """The warning about modules of the app that were looked at and could not be read; none, no decision."""
    looked_at = (sources.modules[path] for path in sources.paths if path in sources.modules)
    parsed = (module for module in looked_at if module.is_parsed or module.gist is None)
    unread = _in_image(tuple(module for module in parsed if module.problem is not None), excluded)
    if not unread:
        return ()
    evidence = tuple(
        Evidence(path=one.path, line=one.problem.line, reason=one.problem.reason)
        for one in unread
        if one.problem is not None
    )
    names = ", ".join(one.path for one in unread[:5]) + (" and others" if len(unread) > 5 else "")
    summary = f"Warning: {names} could not be read by Python {_host()}; nothing is known about what it does"
    return (Decision.detected("source", summary, evidence),)


def _in_image(modules: tuple[Module, ...], excluded: tuple[str, ...]) -> tuple[Module, ...]:
    if not modules:
        return ()
    from pathspec import GitIgnoreSpec

    outside = GitIgnoreSpec.from_lines(excluded)
    return tuple(module for module in modules if not outside.match_file(module.path))


def _host() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _hint() -> str:
    if _host() == COMFORTABLE:
        return "correct the syntax"
    return (
        f"correct the syntax; if it is right for Python {COMFORTABLE}, which is in the image, run okamochi "
        f"with it (uv tool install --python {COMFORTABLE} …)"
    )
