"""Walking syntax trees: faster than the functions of `ast`, which are slow generators; what calls and
literals say."""

import ast

from okamochi.system.patterns import regex

__all__ = [
    "argument",
    "children",
    "descendants",
    "is_true",
    "keyword_value",
    "opens_to_write",
    "text_entries",
    "text_of",
    "texts_below",
    "walk",
]


MODE = regex(r"[rbt]*[wax+][bt+]*")
# Fields that hold names, numbers, or nodes that say only what kind of node theirs is (Load, Add).
WITHOUT_NODES = frozenset(
    ["ctx", "op", "ops", "id", "attr", "asname", "module", "level", "type_comment", "conversion", "simple"]
)
# Class of node → its fields that may hold nodes.
HOLDING: dict[type[ast.AST], tuple[str, ...]] = {ast.Constant: ()}


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below a node, in the order of the source, without operators and contexts.

    They are kept at the node, for one detector after the other walks the same trees: nobody may change the
    list."""
    known: list[ast.AST] | None = getattr(node, "below", None)
    if known is None:
        known = nodes_below(node)
        node.below = known  # type: ignore[attr-defined]
    return known


def nodes_below(node: ast.AST) -> list[ast.AST]:
    kind = type(node)
    names = HOLDING.get(kind)
    if names is None:
        names = HOLDING[kind] = tuple(name for name in kind._fields if name not in WITHOUT_NODES)
    found: list[ast.AST] = []
    for name in names:
        value = getattr(node, name, None)
        if type(value) is list:
            found += [one for one in value if isinstance(one, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def descendants(root: ast.AST) -> tuple[ast.AST, ...]:
    """The node and all nodes below it, in the order of the source, without recursion."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += reversed(children(node))
    return tuple(found)


def walk(root: ast.AST) -> list[ast.AST]:
    """The node, then what is directly below it, and so on: the order of ast.walk."""
    found = [root]
    for node in found:
        found += children(node)
    return found


def text_of(node: ast.AST | None) -> str:
    """A literal's text; "" for everything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def is_true(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def opens_to_write(call: ast.Call, position: int) -> bool:
    """Whether it is given a literal mode that writes; in the second place of open(path, "w"), in the first of
    path.open("w")."""
    return MODE.fullmatch(text_of(argument(call, position, "mode"))) is not None


def texts_below(root: ast.AST) -> list[str]:
    """Of all literals, in the order of `walk`."""
    return [one.value for one in walk(root) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def keyword_value(call: ast.Call, *names: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg in names), None)


def argument(call: ast.Call, position: int, *names: str) -> ast.expr | None:
    """What a call is given in its place, else by one of its names."""
    return call.args[position] if len(call.args) > position else keyword_value(call, *names)


def text_entries(node: ast.Dict) -> dict[str, ast.expr]:
    """What a display has under keys that are texts; the last one of a key counts, as in Python."""
    return {
        key.value: value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }
