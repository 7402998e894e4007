"""Walking syntax trees: faster than the functions of `ast`, which are slow generators."""

import ast

__all__ = ["children", "descendants"]


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below a node, in the order of the source."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif type(value) is list:
            found += [one for one in value if isinstance(one, ast.AST)]
    return found


def descendants(root: ast.AST) -> tuple[ast.AST, ...]:
    """The node and all nodes below it, in the order of the source, without recursion."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        below = children(node)
        below.reverse()
        waiting += below
    return tuple(found)
