"""Full dotted names of expressions in one module: `env("X")` after `from os import environ as env`."""

import ast
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from okamochi.detect.source.syntax import walk

__all__ = ["ImportedNames", "assigned"]


# what `from os import *` brings that anybody here asks for
OF_STARS = {
    "os": ("environ", "environb", "getenv", "path", "makedirs", "mkdir"),
    "shiny": ("App",),
    "fasthtml.common": ("fast_app", "database"),
    "fastlite": ("database", "Database"),
}
COPIES = frozenset(["dict", "copy.copy"])
ENVIRONMENT = ("os.environ", "os.getenv")


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
                    if alias.name == "*":
                        brought = OF_STARS.get(node.module, ())
                        found.names.update((name, f"{node.module}.{name}") for name in brought)
                    else:
                        found.names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        passing: frozenset[str] | None = None
        for statement in tree.body:
            for name, value in assigned(statement):
                full = found.alias(value)
                if full.startswith(ENVIRONMENT):
                    passing = passing_names(tree) if passing is None else passing
                    full = "" if name in passing else full
                if full:
                    found.names.setdefault(name, full)
        return found

    def with_names(self, more: Mapping[str, str]) -> "ImportedNames":
        """The same with what names stand for that the module's own text does not tell."""
        return ImportedNames(self.tree, {**self.names, **more}) if more else self

    def inside(
        self, scope: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, *, own: bool
    ) -> "ImportedNames":
        """As a function or class has them: without those that its parameters hide, and with the names that it
        gives to the environment itself (`own`: it may do so)."""
        hidden: set[str] = set()
        if not isinstance(scope, ast.ClassDef):
            given = scope.args
            named = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
            hidden = {one.arg for one in named if one is not None} & self.names.keys()
        inner = self
        if hidden:
            shown = {name: full for name, full in self.names.items() if name not in hidden}
            inner = ImportedNames(self.tree, shown)
        for statement in scope.body if own else ():
            for name, value in assigned(statement):
                full = inner.alias(value)
                if full.startswith(ENVIRONMENT) and inner.names.get(name) != full:
                    inner = inner.with_names({name: full})
        return inner

    def alias(self, value: ast.expr) -> str:
        """What a name stands for that is given the value; "" when that is nothing to follow."""
        match value:
            case ast.Attribute():
                return self.full(value)
            case ast.Name(id=name) if self.names.get(name, "").startswith(ENVIRONMENT):
                return self.names[name]
            case ast.Call(func=function, args=args, keywords=keywords):
                called = self.full(function)
                copied = called in COPIES and args and not keywords and self.full(args[0]) == "os.environ"
                if copied or called == "os.environ.copy":
                    return "os.environ"
                return f"{called}()" if called else ""
            case ast.Dict(keys=keys, values=values) if values and not any(keys):
                return "os.environ" if all(map(self._is_environment, values)) else ""
            case _:
                return ""

    def _is_environment(self, value: ast.expr) -> bool:
        """{**dotenv_values(".env"), **os.environ}: the file of a desk never comes into an image."""
        if isinstance(value, ast.Call):
            return self.full(value.func) == "dotenv.dotenv_values"
        return self.full(value) == "os.environ"

    def full(self, expression: ast.expr) -> str:
        """ "os.environ.get" for whatever spelling leads there; "" for what is no dotted name."""
        parts: list[str] = []
        while isinstance(expression, ast.Attribute):
            parts.append(expression.attr)
            expression = expression.value
        if not isinstance(expression, ast.Name):
            return ""
        return ".".join((self.names.get(expression.id, expression.id), *reversed(parts)))


def passing_names(tree: ast.AST) -> frozenset[str]:
    """Those that loops and lambdas give to one thing after the other: `for env in environments:`."""
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            found |= {one.id for one in walk(node.target) if isinstance(one, ast.Name)}
        elif isinstance(node, ast.Lambda):
            found |= {one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    return frozenset(found)


def assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Names that a statement gives values to, one by one."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            for one, value in zip(names, values, strict=False):
                if isinstance(one, ast.Name):
                    yield one.id, value
        case _:
            return
