"""Statements that only newer Pythons than this one read, in words that this one reads; lines stay in place.

okamochi may run on an older Python than the app: what an app loads, writes and serves shows in the rest of
its code just as well. PEP 695 and 696 (3.12, 3.13): type parameters, `type X = ...`; PEP 701 (3.12):
formatted strings; PEP 758 (3.14): except A, B; PEP 750 (3.14): template strings.
"""

import ast
import re

from okamochi.detect.source.newer_strings import put_back, with_names_inside
from okamochi.system.patterns import regex

__all__ = ["in_older_words", "newer_tree"]

TYPE_ALIAS = regex(r"^([ \t]*)type[ \t]+([A-Za-z_]\w*)[ \t]*(?=\[|=(?!=))", re.MULTILINE)
PARAMETERS = regex(r"^(?:[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+)[ \t]*(?=\[)", re.MULTILINE)
EXCEPT = regex(r"^([ \t]*except\*?)[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)[ \t]*:", re.MULTILINE)
TEMPLATE = regex(r"(?<![\w\"'])([rR]?)[tT]([rR]?)(?=[\"'])")
TOKEN = regex(r"#[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|[\[\](){}]")


def newer_tree(text: str) -> ast.Module:
    """SyntaxError when no Python that is known here reads it."""
    older = without_parameters(EXCEPT.sub(r"\1 (\2):", text))
    try:
        return ast.parse(TEMPLATE.sub(r"\1f\2", older))
    except SyntaxError:
        pass
    try:
        named, taken = with_names_inside(older)
    except (ValueError, RecursionError):
        return ast.parse(older)
    return put_back(ast.parse(named), taken, tree_of)


def tree_of(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError:
        named, taken = with_names_inside(text)
        return put_back(ast.parse(named), taken, tree_of)


def in_older_words(text: str) -> str:
    """Statements alone, and the letter of template strings; the same text where it holds none of these."""
    return TEMPLATE.sub(r"\1f\2", without_parameters(EXCEPT.sub(r"\1 (\2):", text)))


def without_parameters(text: str) -> str:
    """Without type parameters; `type X[T] = ...` is an assignment to X."""
    for pattern in (TYPE_ALIAS, PARAMETERS):
        parts: list[str] = []
        position = 0
        for found in pattern.finditer(text):
            end = after_brackets(text, found.end()) if text[found.end()] == "[" else found.end()
            alias = pattern is TYPE_ALIAS
            wanted = r"\s*=(?!=)" if alias else r"\s*[(:]"
            if found.start() < position or re.compile(wanted).match(text, end) is None:
                continue
            head = f"{found[1]}{found[2]} " if alias else found[0]
            lost = text.count("\n", found.end(), end)
            parts += [text[position : found.start()], head, " \\\n" * lost]
            position = end
        text = "".join([*parts, text[position:]])
    return text


def after_brackets(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`; `start` when none does."""
    depth = 0
    for found in TOKEN.finditer(text, start):
        depth += (found[0] in "[({") - (found[0] in "])}")
        if depth == 0:
            return found.end()
    return start
