"""The text that a module computes for DJANGO_SETTINGS_MODULE, where it is not simply written there."""

import ast

from okamochi.detect.source.python_source import Module

__all__ = ["computed_settings"]

NAME = "DJANGO_SETTINGS_MODULE"
GETTERS = frozenset(["os.getenv", "os.environ.get", "decouple.config"])


def computed_settings(module: Module) -> str:
    """As it is in an environment where no variable is set, which is what the image starts with; "" when that
    cannot be told."""
    for node in module.nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr="setdefault"), args=[ast.Constant(value=key), value]):
                pass
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=key))], value=value):
                pass
            case _:
                continue
        if key == NAME:
            return text_of(value, module)
    return ""


def text_of(value: ast.expr, module: Module, depth: int = 5) -> str:
    if not depth:
        return ""
    match value:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            assigned = assigned_to(name, module)
            return text_of(assigned, module, depth - 1) if assigned is not None else ""
        case ast.IfExp(test=test, body=body, orelse=orelse):
            holds = outcome(test, module)
            chosen = {True: body, False: orelse}.get(holds) if holds is not None else None
            return text_of(chosen, module, depth - 1) if chosen is not None else ""
        case ast.BoolOp(op=ast.Or(), values=values):
            return next((text for one in values if (text := text_of(one, module, depth - 1))), "")
        case ast.Call(func=function, args=[_, default]) if module.imports.full(function) in GETTERS:
            return text_of(default, module, depth - 1)
        case ast.JoinedStr(values=values):
            parts = [text_of(one, module, depth - 1) for one in values]
            return "".join(parts) if all(parts) else ""
        case ast.FormattedValue(value=inner):
            return text_of(inner, module, depth - 1)
        case _:
            return ""


def assigned_to(name: str, module: Module) -> ast.expr | None:
    """The value of its only assignment."""
    values = [
        node.value for node in module.of(ast.Assign) if [ast.unparse(one) for one in node.targets] == [name]
    ]
    return values[0] if len(values) == 1 else None


def outcome(test: ast.expr, module: Module) -> bool | None:
    """Of a test that looks at a variable; None for any other."""
    match test:
        case ast.Compare(ops=[ast.In()], comparators=[holder]) if is_environment(holder, module):
            return False
        case ast.Compare(ops=[ast.NotIn()], comparators=[holder]) if is_environment(holder, module):
            return True
        case ast.Compare(left=ast.Call(func=function, args=[_]), ops=[ast.Eq()]):
            return False if module.imports.full(function) in GETTERS else None
        case ast.Call(func=function, args=[_]):
            return False if module.imports.full(function) in GETTERS else None
        case _:
            return None


def is_environment(holder: ast.expr, module: Module) -> bool:
    return module.imports.full(holder) == "os.environ"
