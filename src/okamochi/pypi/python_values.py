"""What single expressions of a piece of Python tell by their text alone."""

import ast

from okamochi.system.patterns import regex

__all__ = [
    "PLAIN",
    "beginning_of",
    "constant_of",
    "last_name",
    "made_of_name_and_number",
    "texts_in",
    "whole_texts_in",
]

PLAIN = regex(r"[A-Za-z_][\w+-]*(?:\.[0-9]+)*(?:-[0-9.]+)?")
PATHS = frozenset({"Path", "PurePath", "PurePosixPath"})


def constant_of(value: ast.expr) -> str:
    """The text itself, or that of Path("dot"); "" for anything else."""
    match value:
        case ast.Constant(value=str(text)):
            return text
        case ast.Call(func=function, args=[ast.Constant(value=str(text))]) if last_name(function) in PATHS:
            return text
        case _:
            return ""


def texts_in(value: ast.AST) -> list[str]:
    return [
        node.value
        for node in ast.walk(value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def whole_texts_in(value: ast.AST) -> list[str]:
    """Without what is only a part of a text: "lib" of "lib" + name."""
    if isinstance(value, ast.Constant):
        return texts_in(value)
    if isinstance(value, ast.BinOp | ast.JoinedStr):
        return []
    return [text for child in ast.iter_child_nodes(value) for text in whole_texts_in(child)]


def beginning_of(value: ast.expr) -> str:
    """The constant text that an expression begins with: of "lib" + name, of f"lib{name}"."""
    match value:
        case ast.BinOp(op=ast.Add(), left=ast.Constant(value=str(text))):
            return text
        case ast.BinOp(op=ast.Add(), left=left):
            return beginning_of(left)
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text
        case _:
            return ""


def made_of_name_and_number(value: ast.expr) -> list[str]:
    """ "libvips.so.42" of a call such as library_name("vips", 42)."""
    match value:
        case ast.Call(args=[ast.Constant(value=str(name)), ast.Constant(value=int(number))]):
            return [f"lib{name}.so.{number}"] if PLAIN.fullmatch(name) else []
        case _:
            return []


def last_name(expression: ast.AST) -> str:
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
