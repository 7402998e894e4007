"""A library's class or function that is no longer what the app takes it for.

TypeError: Admin.__init__() got an unexpected keyword argument 'template_mode'
TypeError: SQLAlchemy.create_all() got an unexpected keyword argument 'app'
AttributeError: 'Flask' object has no attribute 'before_first_request'
TypeError: Can't instantiate abstract class Number with abstract method num_type
"""

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from okamochi.model.import_names import distribution_of
from okamochi.model.plan import APP_ROOT
from okamochi.run.proof.answer import Answer
from okamochi.run.traces import own_frame
from okamochi.system.patterns import regex
from okamochi.system.python_text import syntax_tree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from okamochi.workflows.plan import PlannedProject

__all__ = ["abstract_class", "package_of_abstract", "refused_word", "refusing_package"]

UNWANTED = regex(
    r"(?P<name>\w+)(?:\.(?P<method>\w+))?\(\) got an unexpected keyword argument '(?P<word>\w+)'.*"
)
ABSTRACT = regex(r"Can't instantiate abstract class (?P<name>\w+)\b.*")
LACKED = regex(r"'(?P<name>\w+)' object has no attribute '(?P<word>\w+)'.*")


def refused_word(answer: Answer) -> str:
    """The attribute or the argument that is no longer there."""
    pattern = {"TypeError": UNWANTED, "AttributeError": LACKED}.get(answer.error)
    match = pattern.fullmatch(answer.message) if pattern is not None else None
    return match["word"] if match is not None else ""


def refusing_package(answer: Answer, planned: "PlannedProject", installed: "Iterable[str]") -> str:
    """The installed package from which the project imports what it calls or uses so; "" where it is another
    failure, or about the app's own code."""
    pattern = {"TypeError": UNWANTED, "AttributeError": LACKED}.get(answer.error)
    match = pattern.fullmatch(answer.message) if pattern is not None else None
    if match is None:
        return ""
    own, shown = failing_line(answer, planned)
    method = match["method"] if pattern is UNWANTED else None
    of_object = method is not None and method not in ("__init__", "__new__")
    word = (
        match["word"] if pattern is LACKED else method if method is not None and of_object else match["name"]
    )
    if word not in shown:
        return ""  # the frame that fails lies deeper
    # an object may come from where another module made it
    others = planned.project.files("**/*.py") if pattern is LACKED or of_object else ()
    found = (module for one in (own, *others) for module in imported_from(planned, one, match["name"]))
    return package_with(next(found, "") or called_of(planned, own, shown, match["name"]), installed)


def package_of_abstract(answer: Answer, planned: "PlannedProject", installed: "Iterable[str]") -> str:
    """The installed package whose class the failing line makes an object of: marshmallow for fields.Number(),
    where the module has `from marshmallow import fields`."""
    name = abstract_class(answer)
    if not name:
        return ""
    own, shown = failing_line(answer, planned)
    called = re.search(rf"\b(?:(?P<root>\w+)(?:\.\w+)*\.)?{name}\s*\(", shown)
    if called is None:
        return ""
    return package_with(next(imported_from(planned, own, called["root"] or name), ""), installed)


def abstract_class(answer: Answer) -> str:
    """The class that is a base alone, of which the app makes an object; "" for another failure."""
    match = ABSTRACT.fullmatch(answer.message) if answer.error == "TypeError" else None
    return match["name"] if match is not None else ""


def called_of(planned: "PlannedProject", path: str, shown: str, name: str) -> str:
    """The module that the file imports whole, of which the line calls the class or another name of it: redis
    for redis.Redis(...) and redis.StrictRedis(...)."""
    called = re.search(rf"\b(?P<root>\w+)(?:\.\w+)*\.\w*{name}\s*\(", shown)
    tree = syntax_tree(planned.project.read_text(path) or "") if called is not None else None
    for node in ast.walk(tree) if tree is not None else ():
        for alias in node.names if isinstance(node, ast.Import) else ():
            if called is not None and (alias.asname or alias.name.partition(".")[0]) == called["root"]:
                return alias.name
    return ""


def failing_line(answer: Answer, planned: "PlannedProject") -> tuple[str, str]:
    """The app's own file of the last frame, and its line there; both empty where no file of the app's is."""
    path, _, line = own_frame(answer.text).rpartition(":")
    if not path.startswith(f"{APP_ROOT}/"):
        return "", ""
    own = path.removeprefix(f"{APP_ROOT}/")
    lines = (planned.project.read_text(own) or "").splitlines()
    return own, lines[int(line) - 1] if line.isdecimal() and 0 < int(line) <= len(lines) else ""


def package_with(module: str, installed: "Iterable[str]") -> str:
    """The installed package that has the module; ""."""
    package = canonicalize_name(distribution_of(module.partition(".")[0]))
    return package if package in set(installed) else ""


def imported_from(planned: "PlannedProject", path: str, name: str) -> Iterator[str]:
    """The modules from which a file imports the name."""
    text = planned.project.read_text(path) or ""
    if name not in text:
        return
    tree = syntax_tree(text)
    for node in ast.walk(tree) if tree is not None else ():
        if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
            continue
        if any((alias.asname or alias.name) == name for alias in node.names):
            yield node.module
