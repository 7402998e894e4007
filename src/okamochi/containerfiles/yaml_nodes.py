"""YAML, JSON and JSON with comments as a tree in which every value knows its lines.

What is no YAML at all, or more of it than a person writes, is an error (`NoDataError`), as in `yaml_data`.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from okamochi.system.data_text import NoDataError, yaml_trees

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node as Tree

__all__ = ["NOTHING", "Node", "json_node", "yaml_nodes"]

Scalar = str | int | float | bool | None
TAG = "tag:yaml.org,2002:"
QUOTES = ("'", '"')
# strings, so that what is in them stays; comments; commas before a closing bracket
JSON_PARTS = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/|\t', re.DOTALL)


class Node(msgspec.Struct, frozen=True):
    """A value of the file; what is absent is `NOTHING`, which is false, so that questions can be chained:
    `node.get("deploy", "resources")`.

    `text` is a scalar as it is written, without quotes; `value` what YAML makes of it. `line` counts from 1,
    that of the key for a value of a mapping stays with the key; `end` is the last line.
    """

    kind: str  # "scalar", "list", "mapping", "nothing"
    line: int = 0
    end: int = 0
    text: str = ""
    value: Scalar = None
    items: tuple["Node", ...] = ()
    pairs: tuple[tuple["Node", "Node"], ...] = ()
    quoted: bool = False

    def __bool__(self) -> bool:
        return self.kind != "nothing"

    def get(self, *keys: str) -> "Node":
        """The value below these keys."""
        found = self
        for key in keys:
            found = next((value for name, value in found.pairs if name.text == key), NOTHING)
        return found

    def key(self, name: str) -> "Node":
        """The key itself, for its line."""
        return next((key for key, _ in self.pairs if key.text == name), NOTHING)

    def names(self) -> tuple[str, ...]:
        return tuple(key.text for key, _ in self.pairs)

    def strings(self) -> tuple["Node", ...]:
        """The scalars of a list; of a scalar, itself."""
        if self.kind == "scalar":
            return (self,) if self.value is not None else ()
        return tuple(one for one in self.items if one.kind == "scalar")

    def plain(self) -> object:
        """As lists, dicts and scalars."""
        if self.kind == "mapping":
            return {key.text: value.plain() for key, value in self.pairs}
        return [one.plain() for one in self.items] if self.kind == "list" else self.value

    def walk(self) -> Iterator["Node"]:
        """This node and all below it."""
        yield self
        for one in self.items:
            yield from one.walk()
        for _, value in self.pairs:
            yield from value.walk()


NOTHING = Node("nothing")


def yaml_nodes(text: str) -> tuple[Node, ...]:
    """One for each document that is not empty. NoDataError."""
    return tuple(node_of(tree) for tree in yaml_trees(text))


def json_node(text: str) -> Node:
    """Of JSON, with comments and trailing commas as editors allow them. NoDataError."""
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[", "/")):
        raise NoDataError("it is no JSON object")
    found = yaml_nodes(JSON_PARTS.sub(blanked, text))
    return found[0] if found else NOTHING


def blanked(found: re.Match[str]) -> str:
    """A comment or tab as blanks, line for line."""
    part = found[0]
    return part if part.startswith('"') else re.sub(r"[^\n]", " ", part)


def node_of(tree: "Tree") -> Node:
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    line = tree.start_mark.line + 1
    if isinstance(tree, SequenceNode):
        items = tuple(map(node_of, tree.value))
        return Node("list", line, max([line, *(one.end for one in items)]), items=items)
    if isinstance(tree, MappingNode):
        pairs = tuple(merged(tree))
        return Node("mapping", line, max([line, *(value.end for _, value in pairs)]), pairs=pairs)
    end = tree.end_mark.line + (1 if tree.end_mark.column or tree.end_mark.line < line else 0)
    text = str(tree.value)
    return Node(
        "scalar",
        line,
        max(line, end),
        text,
        scalar(str(tree.tag), text),
        quoted=getattr(tree, "style", None) in QUOTES,
    )


def merged(tree: "Tree") -> Iterator[tuple[Node, Node]]:
    """The pairs of a mapping; what `<<` takes from others comes after them, unless it is there already.

    A key may name a line after that of its value where the value is an alias."""
    own: list[tuple[Node, Node]] = []
    others: list[tuple[Node, Node]] = []
    for key, value in tree.value:
        if str(key.tag) == f"{TAG}merge":
            for source in value.value if value.id == "sequence" else (value,):
                others += merged(source) if source.id == "mapping" else ()
        else:
            own.append((node_of(key), node_of(value)))
    taken = {key.text for key, _ in own}
    yield from own
    for key, value in others:
        if key.text not in taken:
            taken.add(key.text)
            yield key, value


def scalar(tag: str, text: str) -> Scalar:
    """By the tag that YAML's core schema gives it."""
    match tag.removeprefix(TAG):
        case "null":
            return None
        case "bool":
            return text.lower() in ("true", "yes", "on")
        case "int" | "float" as kind:
            try:
                return int(text.replace("_", ""), 0) if kind == "int" else float(text.replace("_", ""))
            except ValueError:
                return text
        case _:
            return text
