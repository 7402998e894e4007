"""What an expression stands for as far as the source tells: a text or a number, through names, other modules
and texts that are put together; and the variable that may say otherwise.

Paths, of which the beginning alone is worth knowing, are `static_paths`' business.
"""

import ast
from collections.abc import Mapping
from typing import Final

import msgspec

from okamochi.detect.source.module_index import MODULE_SCOPE, ModuleIndex
from okamochi.detect.source.pieces import pieces_of
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources

__all__ = ["GETTERS", "Constants", "Known"]

GETTERS: Final = frozenset(["os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault"])
"""What reads the environment, the variable's name first and a default then."""
READERS = GETTERS | {"decouple.config"}
DEPTH = 8
NO_NAMES: Mapping[str, str] = {}


class Known(msgspec.Struct, frozen=True):
    """`value` is what holds where no variable is set, None where that is unknown. `variable` replaces it as a
    whole; it is not `settled` where any variable has a say."""

    value: str | int | None = None
    variable: str = ""
    settled: bool = True

    @property
    def text(self) -> str | None:
        """Only where no variable has a say."""
        return str(self.value) if self.settled and self.value is not None else None


UNKNOWN = Known()


class Constants(msgspec.Struct, frozen=True, eq=False):
    """`given` says what some names stand for, whatever the source says."""

    sources: Sources
    given: Mapping[str, str] = NO_NAMES

    def text(self, expression: ast.expr | None, module: Module) -> str | None:
        return self.known(expression, module).text

    def known(self, expression: ast.expr | None, module: Module, depth: int = DEPTH) -> Known:
        if depth <= 0:
            return UNKNOWN
        match expression:
            case ast.Constant(value=str() | int() as value):
                return Known(value)
            case ast.Name(id=name) if name in self.given:
                return Known(self.given[name])
            case ast.Name():
                return self._named(expression, module, depth)
            case ast.Attribute():
                return self.attribute(expression, module, depth)
            case ast.Call(func=ast.Name(id="int" | "str"), args=[inner]):
                return self.known(inner, module, depth - 1)
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), *rest]) if (
                module.imports.full(function) in READERS
            ):
                default = self.known(rest[0], module, depth - 1).value if rest else None
                return Known(default, name, settled=False)
            case ast.Subscript(value=holder, slice=ast.Constant(value=str(name))) if (
                module.imports.full(holder) == "os.environ"
            ):
                return Known(None, name, settled=False)
            case ast.BoolOp(op=ast.Or(), values=values):
                return self._first([self.known(one, module, depth - 1) for one in values])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._either(
                    outcome(test, module),
                    self.known(body, module, depth - 1),
                    self.known(orelse, module, depth - 1),
                )
            case ast.JoinedStr(values=values):
                return self._joined(values, module, depth)
            case ast.FormattedValue(value=inner, format_spec=None):
                return self.known(inner, module, depth - 1)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined([left, right], module, depth)
            case ast.BinOp(op=ast.Mod()) | ast.Call(func=ast.Attribute(attr="format")):
                pieces = pieces_of(expression)
                parts = [ast.Constant(value=one) if isinstance(one, str) else one for one in pieces]
                return self._joined(parts, module, depth) if len(parts) > 1 else UNKNOWN
            case _:
                return UNKNOWN

    def attribute(self, expression: ast.Attribute, module: Module, depth: int) -> Known:
        """A name of another module of the project: config.PORT."""
        match expression:
            case ast.Attribute(value=ast.Name(id=holder), attr=name) if path := self.sources.module_called(
                holder, module.path
            ):
                return self._assigned(name, self.sources.module(path), depth)
            case _:
                return UNKNOWN

    def _named(self, node: ast.Name, module: Module, depth: int) -> Known:
        """By the class whose field it is, then by the scopes around it; of a parameter only its caller
        knows."""
        index = module.index
        holder = index.holders.get(id(node), MODULE_SCOPE)
        if (holder, node.id) in index.fields:
            found = {self.known(one, module, depth - 1) for one in index.fields[holder, node.id]}
            return found.pop() if len(found) == 1 else UNKNOWN
        scope = index.scopes.get(id(node), MODULE_SCOPE)
        while scope != MODULE_SCOPE:
            if (scope, node.id) in index.values:
                return self._agreed(index, scope, node.id, module, depth)
            if (scope, node.id) in index.parameters:
                return UNKNOWN
            scope = index.outer.get(scope, MODULE_SCOPE)
        return self._assigned(node.id, module, depth)

    def _assigned(self, name: str, module: Module, depth: int) -> Known:
        index = module.index
        if (MODULE_SCOPE, name) in index.values:
            return self._agreed(index, MODULE_SCOPE, name, module, depth)
        taken = next((one for one in self.sources.taken(module.path) if one.local == name), None)
        if taken is None or depth <= 0:
            return UNKNOWN
        return self._assigned(taken.name, self.sources.module(taken.path), depth - 1)

    def _agreed(self, index: ModuleIndex, scope: int, name: str, module: Module, depth: int) -> Known:
        """What all that the name is given stands for."""
        found = {self.known(one, module, depth - 1) for one in index.values[scope, name]}
        return found.pop() if len(found) == 1 else UNKNOWN

    def _first(self, values: list[Known]) -> Known:
        """`os.environ.get("X") or "shop"`."""
        value = next((one.value for one in values if one.value), None)
        variable = next((one.variable for one in values if one.variable), "")
        return Known(value, variable, all(one.settled for one in values))

    def _either(self, holds: bool | None, body: Known, orelse: Known) -> Known:
        """Where the test does not tell, what is known of both; a side that only running tells counts for
        nothing: `int(sys.argv[1]) if len(sys.argv) > 1 else 5000`."""
        variable = body.variable or orelse.variable
        settled = body.settled and orelse.settled
        if holds is not None:
            return Known(body.value if holds else orelse.value, variable, settled=False)
        values = {one.value for one in (body, orelse)} - {None}
        return Known(values.pop(), variable, settled) if len(values) == 1 else Known(None, variable, settled)

    def _joined(self, parts: list[ast.expr], module: Module, depth: int) -> Known:
        known = [self.known(one, module, depth - 1) for one in parts]
        if any(one.value is None for one in known):
            return UNKNOWN
        numbers = [one.value for one in known if isinstance(one.value, int)]
        whole = sum(numbers) if len(numbers) == len(known) else "".join(str(one.value) for one in known)
        return Known(whole, settled=all(one.settled for one in known))


def outcome(test: ast.expr, module: Module) -> bool | None:
    """Of a test that looks at a variable, where none is set; None for any other."""
    match test:
        case ast.Compare(ops=[ast.In() | ast.NotIn() as operator], comparators=[holder]):
            if module.imports.full(holder) == "os.environ":
                return isinstance(operator, ast.NotIn)
        case (
            ast.Compare(left=ast.Call(func=function, args=[_]), ops=[ast.Eq()])
            | ast.Call(func=function, args=[_])
        ) if module.imports.full(function) in READERS:
            return False
        case _:
            pass
    return None
