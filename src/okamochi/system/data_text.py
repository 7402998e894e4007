"""TOML, JSON and YAML of strangers: what they say, or why they cannot be read. Nothing only costs time."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import tomli

from okamochi.system.patterns import regex

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

__all__ = ["NoDataError", "json_of", "toml_of", "yaml_data", "yaml_trees"]

MOST_PARTS = 64
MOST_YAML_CHARACTERS = 500_000
MOST_YAML_NODES = 200_000
# A name of so many parts (a.b.c…, at the start of a line or in an inline table): the library needs the square
# of their number. Nothing is tried twice, so that the search itself takes one pass.
LONG_NAME = regex(
    r"""(?:^|[{,])[ \t\[]*+(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+)"""
    rf"{{{MOST_PARTS}}}",
    re.MULTILINE,
)
# brackets, not the blanks behind one: JSON whose comments were taken out has many
TOO_DEEP = regex(r"(?:[\[{][\s\"',-]*+){30}|^(?:- ){30}", re.MULTILINE)
DEEP = "it is nested too deep"


class NoDataError(ValueError):
    """The text is not of its format; the message is the reason. `line` counts from 1; 0: it is not known."""

    @property
    def line(self) -> int:
        found = re.search(r"\bline (\d+)", str(self))
        return int(found[1]) if found else 0


def toml_of(text: str) -> dict[str, Any]:
    """NoDataError for what is no TOML, or is nested as no person nests it."""
    found = LONG_NAME.search(text)
    if found is not None:
        line = text.count("\n", 0, found.end()) + 1
        raise NoDataError(f"a name of more than {MOST_PARTS} parts (at line {line})")
    try:
        return tomli.loads(text)
    except RecursionError:
        raise NoDataError(DEEP) from None
    except ValueError as problem:  # a number of thousands of digits is one as well
        raise NoDataError(reason_of(problem)) from None


def json_of(text: str) -> Any:
    """NoDataError for what is no JSON, or is nested as no person nests it."""
    try:
        return json.loads(text)
    except RecursionError:
        raise NoDataError(DEEP) from None
    except ValueError as problem:
        raise NoDataError(reason_of(problem)) from None


def yaml_data(text: str) -> object:
    """NoDataError for what is no YAML of one document, or more than a person writes, aliases followed."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor

    class Constructor(SafeConstructor):
        def construct_document(self, node: "Node") -> Any:
            require_small(node)
            return super().construct_document(node)

    reader = YAML(typ="safe", pure=True)
    reader.Constructor = Constructor
    with yaml_of_strangers(text):
        return reader.load(text)


def yaml_trees(text: str) -> "tuple[Node, ...]":
    """The trees of all documents that are not empty, with their lines; NoDataError as above."""
    from ruamel.yaml import YAML

    with yaml_of_strangers(text):
        trees = tuple(tree for tree in YAML(typ="safe", pure=True).compose_all(text) if tree is not None)
        for tree in trees:
            require_small(tree)
        return trees


@contextmanager
def yaml_of_strangers(text: str) -> Iterator[None]:
    """NoDataError for what the library says against it, and before it begins for what would take it long."""
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    if len(text) > MOST_YAML_CHARACTERS:
        raise NoDataError(f"it has more than {MOST_YAML_CHARACTERS:,} characters")
    if TOO_DEEP.search(text):
        raise NoDataError(DEEP)
    try:
        yield
    except RecursionError:
        raise NoDataError(DEEP) from None
    except MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = f" (at line {mark.line + 1})" if mark is not None else ""
        # of a duplicate key the library tells the values, too, which may be secrets
        reason = str(problem.problem or problem.context).partition(" with value ")[0]
        raise NoDataError(f"{reason[:120]}{line}") from None
    except NoDataError:
        raise
    except (YAMLError, ValueError, KeyError, TypeError):  # as `!!bool x` has it
        raise NoDataError("it holds characters, numbers or dates that YAML does not have") from None


def require_small(root: "Node") -> None:
    """NoDataError for a tree that aliases make large: whoever walks through it, or writes it out as text,
    would never come to its end."""
    sizes: dict[int, int] = {}
    open_: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting[-1]
        below = children_of(node)
        unknown = [one for one in below if id(one) not in sizes]
        if id(node) in sizes or not unknown:
            sizes[id(node)] = 1 + sum(sizes[id(one)] for one in below)
            open_.discard(id(node))
            waiting.pop()
            continue
        if id(node) in open_:
            raise NoDataError("an alias in it leads to itself")
        open_.add(id(node))
        waiting += unknown
    if sizes[id(root)] > MOST_YAML_NODES:
        raise NoDataError(f"it has more than {MOST_YAML_NODES:,} values, its aliases followed")


def children_of(node: "Node") -> list["Node"]:
    value = node.value
    if not isinstance(value, list):
        return []
    return [part for one in value for part in (one if isinstance(one, tuple) else (one,))]


def reason_of(problem: Exception) -> str:
    return str(problem).partition("; use sys.")[0].partition("\n")[0]
