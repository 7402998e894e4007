"""What of a piece of Python runs on Linux, as far as its tests for the system tell."""

import ast
import re
from collections.abc import Iterator

from okamochi.pypi.python_values import last_name, texts_in

__all__ = ["running_here"]

ELSEWHERE = frozenset({"darwin", "Darwin", "win32", "win", "Windows", "nt", "cygwin", "Java", "macOS"})
HERE = frozenset({"linux", "linux2", "Linux", "posix"})


def running_here(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those below a test for another system, and those that only a main guard runs."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.If | ast.IfExp):
            waiting += reversed(list(ast.iter_child_nodes(node)))
            continue
        body = node.body if isinstance(node.body, list) else [node.body]
        other = node.orelse if isinstance(node.orelse, list) else [node.orelse]
        chosen = False if is_main_test(node.test) else holds_here(node.test)
        waiting += reversed([*(body if chosen is not False else []), *(other if chosen is not True else [])])
        waiting.append(node.test)


def is_main_test(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare) and "__main__" in texts_in(test) and last_name(test.left) == "__name__"
    )


def holds_here(test: ast.expr) -> bool | None:
    """Whether a test for the system is true on Linux; None when it is no such test."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = holds_here(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        parts = [holds_here(one) for one in test.values]
        if isinstance(test.op, ast.And):
            return False if False in parts else None
        return True if True in parts else (False if set(parts) == {False} else None)
    words = set(texts_in(test))
    if not words or not words & (ELSEWHERE | HERE):
        return False if re.search(r"(?i)is_?(windows|win|mac|osx|darwin)$", name_of_test(test)) else None
    if not any(isinstance(node, ast.Attribute | ast.Name | ast.Call) for node in ast.walk(test)):
        return None
    here = bool(words & HERE)
    turned = any(isinstance(node, ast.NotEq | ast.NotIn) for node in ast.walk(test))
    return here != turned


def name_of_test(test: ast.expr) -> str:
    return last_name(test.func) if isinstance(test, ast.Call) else last_name(test)
