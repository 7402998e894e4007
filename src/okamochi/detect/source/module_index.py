"""Where the names of one module get their values, scope by scope."""

import ast
from typing import TYPE_CHECKING

import msgspec

from okamochi.detect.source.names import ImportedNames
from okamochi.detect.source.syntax import children

if TYPE_CHECKING:
    from okamochi.detect.source.python_source import Module

__all__ = ["MODULE_SCOPE", "ModuleIndex"]

MODULE_SCOPE = 0
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class ModuleIndex(msgspec.Struct, eq=False):
    """One walk over a module. A scope is the identity of a function's node; class bodies belong to the scope
    around them. `fields` are what such a body gives names, by the identity of the class, and `holders` the
    class of each name that is read there. `configured` are values of config["KEY"] = value and
    f(KEY=value)."""

    imports: ImportedNames
    scopes: dict[int, int] = msgspec.field(default_factory=dict)
    outer: dict[int, int] = msgspec.field(default_factory=dict)
    values: dict[tuple[int, str], list[ast.expr]] = msgspec.field(default_factory=dict)
    parameters: dict[tuple[int, str], ast.expr | None] = msgspec.field(default_factory=dict)
    configured: dict[str, list[ast.expr]] = msgspec.field(default_factory=dict)
    fields: dict[tuple[int, str], list[ast.expr]] = msgspec.field(default_factory=dict)
    holders: dict[int, int] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, module: "Module") -> "ModuleIndex":
        index = cls(module.imports)
        waiting: list[tuple[ast.AST, int]] = [(module.tree, MODULE_SCOPE)]
        while waiting:
            node, scope = waiting.pop()
            index._note(node, scope)
            if isinstance(node, ast.ClassDef):
                index._note_fields(node)
            inner = id(node) if isinstance(node, Function) else scope
            waiting += [(child, inner) for child in reversed(children(node))]
        return index

    def _note(self, node: ast.AST, scope: int) -> None:
        match node:
            case ast.Name():
                self.scopes[id(node)] = scope
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self.outer[id(node)] = scope
                self._note_parameters(node)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assigned(target, value, scope)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assigned(target, value, scope)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                self.values.setdefault((scope, name), []).append(value)
            case ast.keyword(arg=str(name), value=value) if name.isupper():
                self.configured.setdefault(name, []).append(value)
            case _:
                pass

    def _note_fields(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ):
                    self.fields.setdefault((id(node), name), []).append(value)
                    self.holders |= {
                        id(one): id(node) for one in ast.walk(value) if isinstance(one, ast.Name)
                    }
                case _:
                    pass

    def _assigned(self, target: ast.expr, value: ast.expr, scope: int) -> None:
        match target:
            case ast.Name(id=name):
                self.values.setdefault((scope, name), []).append(value)
                if name.isupper():
                    self.configured.setdefault(name, []).append(value)
            case ast.Subscript(value=ast.Attribute(attr="config"), slice=ast.Constant(value=str(key))):
                self.configured.setdefault(key, []).append(value)
            case _:
                pass

    def _note_parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        positional = [*node.args.posonlyargs, *node.args.args]
        padding: list[ast.expr | None] = [None] * (len(positional) - len(node.args.defaults))
        pairs = [
            *zip(positional, [*padding, *node.args.defaults], strict=True),
            *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True),
        ]
        for argument, default in pairs:
            self.parameters[id(node), argument.arg] = default
