"""Full dotted names of expressions in one module: `env("X")` after `from os import environ as env`."""

import ast
from collections.abc import Iterable, Mapping

import msgspec

__all__ = ["ImportedNames"]


class ImportedNames(msgspec.Struct, eq=False):
    """What a module's local names stand for, by its imports and by plain aliases (`environ = os.environ`)."""

    tree: ast.Module
    names: dict[str, str] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, tree: ast.Module, imports: Iterable[ast.AST]) -> "ImportedNames":
        found = cls(tree)
        for node in imports:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    shown = alias.name if alias.asname else alias.name.split(".")[0]
                    found.names[alias.asname or shown] = shown
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    found.names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for statement in tree.body:
            found._alias(statement)
        return found

    def with_names(self, more: Mapping[str, str]) -> "ImportedNames":
        """The same with what names stand for that the module's own text does not tell."""
        return ImportedNames(self.tree, {**self.names, **more}) if more else self

    def _alias(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute() as value):
                self.names.setdefault(name, self.full(value))
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function)):
                called = self.full(function)
                if called:
                    self.names.setdefault(name, f"{called}()")
            case _:
                pass

    def full(self, expression: ast.expr) -> str:
        """ "os.environ.get" for whatever spelling leads there; "" for what is no dotted name."""
        parts: list[str] = []
        while isinstance(expression, ast.Attribute):
            parts.append(expression.attr)
            expression = expression.value
        if not isinstance(expression, ast.Name):
            return ""
        return ".".join((self.names.get(expression.id, expression.id), *reversed(parts)))
