"""The syntax tree of somebody else's Python."""

import ast
import warnings

__all__ = ["syntax_tree"]


def syntax_tree(text: str | bytes) -> ast.Module | None:
    """None for what this Python cannot parse. What it would warn of (`"\\d"`) is the author's business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
