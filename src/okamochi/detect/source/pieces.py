"""What an expression makes one text of, piece by piece: f"{user}@{host}", "%s@%s" % (user, host),
"{}@{}".format(user, host), user + "@" + host."""

import ast
from collections.abc import Mapping
from itertools import chain

from okamochi.system.patterns import regex

__all__ = ["Pieces", "pieces_of"]

Pieces = list[str | ast.expr]
IN_PLACES = regex(r"\{\w*\}|%s|%d")
NAMED = regex(r"\{([A-Za-z_]\w*)\}|%\(([A-Za-z_]\w*)\)[sd]")


def pieces_of(node: ast.AST) -> Pieces:
    """Texts, and the expressions of values between them; [] for what is no expression."""
    match node:
        case ast.JoinedStr(values=values):
            return list(chain.from_iterable(pieces_of(one) for one in values))
        case ast.FormattedValue(value=value):
            return [value]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [*pieces_of(left), *pieces_of(right)]
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod(), right=ast.Dict() as entries):
            return _named(text, {str(key.value): value for key, value in _entries(entries)})
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod(), right=right):
            return _filled(text, right.elts if isinstance(right, ast.Tuple) else [right])
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format"), args=args, keywords=[]
        ):
            return _filled(text, args)
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format"), args=[], keywords=keywords
        ):
            return _named(text, {one.arg: one.value for one in keywords if one.arg is not None})
        case ast.Constant(value=str(text)):
            return [text]
        case ast.expr():
            return [node]
        case _:
            return []


def _entries(node: ast.Dict) -> list[tuple[ast.Constant, ast.expr]]:
    pairs = zip(node.keys, node.values, strict=True)
    return [(key, value) for key, value in pairs if isinstance(key, ast.Constant)]


def _filled(text: str, values: list[ast.expr]) -> Pieces:
    texts = IN_PLACES.split(text)
    if len(texts) != len(values) + 1:
        return [text]
    return [*chain.from_iterable(zip(texts, values, strict=False)), texts[-1]]


def _named(text: str, values: Mapping[str, ast.expr]) -> Pieces:
    found: Pieces = []
    end = 0
    for place in NAMED.finditer(text):
        value = values.get(place[1] or place[2])
        if value is None:
            return [text]
        found += [text[end : place.start()], value]
        end = place.end()
    return [*found, text[end:]]
