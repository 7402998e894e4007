"""Addresses that the code puts together, where its own constants say what of:

f"postgresql://{USER}:{PASSWORD}@{HOST}/{NAME}"
"mysql://%(user)s@%(host)s/%(name)s" % DATABASE
URL.create("postgresql", username="shop", host="localhost", database=NAME)
"""

import ast
from collections.abc import Iterator

import msgspec

from okamochi.detect.services.keyword_arguments import KEYWORDS, spread
from okamochi.detect.source.constants import Constants
from okamochi.detect.source.pieces import Pieces, pieces_of
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import keyword_value, text_of
from okamochi.system.patterns import regex

__all__ = ["MADE_BY", "put_together"]

MADE_BY = ("URL.create", ".URL")
"""Ends of the names of SQLAlchemy's functions that make an address of its parts."""
BETWEEN = (("user", ""), ("password", ":"), ("host", "@"), ("port", ":"), ("database", "/"))
OF_TESTS = regex(r"Tests?(?:ing)?(?![a-z]).*|.*[a-z]Tests?(?:ing)?|TESTS?(?:ING)?.*")


class PutTogether(msgspec.Struct, frozen=True):
    """`head` is the text that it begins with, which is where it stands."""

    head: ast.expr
    pieces: tuple[str | ast.expr, ...]

    def texts(self, module: Module, constants: Constants) -> tuple[str | None, ...]:
        """None for each piece that the source does not tell, or that a variable may change."""
        return tuple(one if isinstance(one, str) else constants.text(one, module) for one in self.pieces)


def put_together(module: Module, sources: Sources) -> tuple[PutTogether, ...]:
    """Those of several pieces, the whole of each once; none of a class of settings for tests."""
    if "://" not in module.text and "URL" not in sources.words(module.path):
        return ()
    found: dict[int, PutTogether] = {}
    for one in _all(module, sources):
        held = found.get(id(one.head))
        if held is None or len(held.pieces) < len(one.pieces):
            found[id(one.head)] = one
    tests = [node for node in module.of(ast.ClassDef) if OF_TESTS.fullmatch(node.name)]
    spans = [(node.lineno, node.end_lineno or node.lineno) for node in tests]
    return tuple(
        one for one in found.values() if not any(first <= one.head.lineno <= last for first, last in spans)
    )


def _all(module: Module, sources: Sources) -> Iterator[PutTogether]:
    for node in module.of(ast.JoinedStr, ast.BinOp):
        pieces = pieces_of(_with_entries(node, module, sources))
        head = _head(node)
        if (
            head is None
            and isinstance(node, ast.expr)
            and len(pieces) > 1
            and isinstance(pieces[0], ast.Name)
        ):
            begins = Constants(sources).text(pieces[0], module) or ""  # BASE + "shop"
            pieces, head = ([begins, *pieces[1:]], node) if "://" in begins else ([], None)
        if len(pieces) > 1 and head is not None:
            yield PutTogether(head, tuple(pieces))
    for call in module.of(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "format":
            pieces = pieces_of(spread(call, module, sources))
            head = _head(call.func.value)
        elif module.imports.full(call.func).endswith(MADE_BY):
            pieces = _of_parts(spread(call, module, sources))
            head = call
        else:
            continue
        if len(pieces) > 1 and head is not None:
            yield PutTogether(head, tuple(pieces))


def _head(node: ast.AST) -> ast.expr | None:
    match node:
        case ast.JoinedStr(values=[first, *_]):
            return _head(first)
        case ast.BinOp(left=left):
            return _head(left)
        case ast.Constant(value=str()):
            return node
        case _:
            return None


def _with_entries(node: ast.AST, module: Module, sources: Sources) -> ast.AST:
    """ "...%(host)s..." % DATABASE with what the dict holds."""
    match node:
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod(), right=right) if "%(" in text:
            call = ast.Call(func=node.left, args=[], keywords=[ast.keyword(arg=None, value=right)])
            held = spread(ast.copy_location(call, node), module, sources).keywords
            keys: list[ast.expr | None] = [ast.Constant(value=one.arg) for one in held]
            entries = ast.Dict(keys=keys, values=[one.value for one in held])
            return ast.BinOp(left=node.left, op=node.op, right=entries)
        case _:
            return node


def _of_parts(call: ast.Call) -> Pieces:
    named = call.args[0] if call.args else keyword_value(call, "drivername")
    parts = {KEYWORDS[one.arg]: one.value for one in call.keywords if one.arg in KEYWORDS}
    if not text_of(named) or len(call.args) > 1:
        return []
    found: Pieces = [f"{text_of(named)}://"]
    for part, before in BETWEEN:
        if part in parts:
            found += [before, parts[part]]
        elif part == "host" and "user" in parts:
            found.append("@")
    return found
