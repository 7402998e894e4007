"""Environment variables that the code reads: where, with which default, and whether it can start without."""

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TypeGuard

import msgspec
from msgspec.structs import replace

from okamochi.detect.source.constant_names import constant_names
from okamochi.detect.source.constants import GETTERS
from okamochi.detect.source.names import ImportedNames, assigned
from okamochi.detect.source.python_source import Module, is_main_guard
from okamochi.detect.source.read_values import (
    broken_by_none,
    constant_addresses,
    is_none,
    literal_of,
    name_in,
    name_of_keyword,
    shape_of,
)
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import argument, descendants, keyword_value, walk
from okamochi.detect.variables.environment_given import given_before
from okamochi.detect.variables.environment_read import Read
from okamochi.detect.variables.handed_on import handed_on
from okamochi.detect.variables.prefixed_reads import PREFIXED, prefixed_reads
from okamochi.detect.variables.read_places import (
    is_view,
    keyword_defaults,
    keyword_name,
    own_expressions,
    parameter_defaults,
    target_name,
)
from okamochi.detect.variables.reading_functions import (
    SUBSCRIPTS,
    ReadingFunction,
    catches_missing,
    fails,
    helpers_at,
    imported_readers,
    own_readers,
)
from okamochi.detect.variables.settings_classes import ROOT
from okamochi.detect.variables.settings_fields import settings_fields
from okamochi.detect.variables.shared_readers import STRICT_READERS, SharedReaders, shared_readers
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = ["WORDS", "ports_read", "reads_of"]

METHODS = word_set(
    "str int bool float list dict json url path log_level decimal enum date datetime uuid db db_url "
    "dj_db_url cache cache_url dj_cache_url"
)
# what is read when no name is given: the documentation of dj-database-url and of django-environ
DATABASE_URL = "DATABASE_URL"
UNNAMED = {"db": DATABASE_URL, "db_url": DATABASE_URL, "cache": "CACHE_URL", "cache_url": "CACHE_URL"}
# f(..., envvar="NAME"): click's options, and settings tables of the project's own making
# f("NAME", required=True): helpers of the project's own that raise only then
DEMANDING = ("required", "mandatory", "strict", "must_exist", "raise_if_missing")
DECLARING = ("envvar", "env_var", "environ_name", "env_name")
# A module without any of these words, and without a helper, reads nothing in a way that is known.
WORDS = (
    "environ",
    "getenv",
    "envvar",
    "env_var",
    "env_name",
    "decouple",
    "envparse",
    "dj_database_url",
    "starlette.config",
    PREFIXED,
)
ALIASES = regex(r"=[^\n=]*\b(?:environ|getenv)\b")
# app.config.from_envvar("SHOP_SETTINGS"): https://flask.palletsprojects.com/en/stable/config/
FILE_OF_SETTINGS = "from_envvar"
# whose second argument is a type, not the default
CAST_SECOND = "starlette.config.Config()"
ENDS = ("sys.exit", "exit", "quit", "os._exit")
NO_READERS = SharedReaders({}, {})
FALSE = ("", "0", "false", "no", "off", "f", "n")


def reads_of(
    module: Module, sources: Sources | None = None, settings: frozenset[str] = frozenset({ROOT})
) -> tuple[Read, ...]:
    """All reads of a module, in order; those below `if __name__ == "__main__"` are not part of the app.
    With `sources`, helpers and readers that it imports from other modules of the project are known, too, and
    the answer is kept there: one detector after the other asks. `settings` are the names of classes whose
    fields are read."""
    if sources is None:
        return _reads(module, None, settings)
    key = ("reads", module.path, settings, sources.package_roots)
    return sources.remember(key, lambda: _reads(module, sources, settings))


def _reads(module: Module, sources: Sources | None, settings: frozenset[str]) -> tuple[Read, ...]:
    imported = imported_readers(module, sources) if sources is not None else {}
    shared = shared_readers(sources).get(module.path, NO_READERS) if sources is not None else NO_READERS
    if not imported and not shared.names and not any(word in module.text for word in (*WORDS, *settings)):
        return ()
    names = module.imports.with_names(shared.names)
    if sources is not None and not shared.names:
        own = helpers_at(module.path, sources)
    else:
        own = own_readers(module.tree, names)
    finder = _Finder(
        names,
        {**imported, **own},
        shared.scheme,
        bool(ALIASES.search(module.text)),
        constant_addresses(module),
        lambda: constant_names(module, sources),
        _raisers(module),
    )
    finder.block(module.tree.body, _Place())
    given = given_before(module)
    found = (
        replace(one, must=False) if given.get(one.name, one.line) < one.line else one for one in finder.found
    )
    return (
        *handed_on(module, tuple(found)),
        *settings_fields(module, settings, sources),
        *prefixed_reads(module, sources),
    )


def _raisers(module: Module) -> frozenset[str]:
    return frozenset(
        statement.name
        for statement in module.tree.body
        if isinstance(statement, ast.FunctionDef)
        if isinstance(statement.body[-1], ast.Raise)
        if not any(isinstance(node, ast.Return) for node in walk(statement))
    )


class _Place(msgspec.Struct, frozen=True):
    conditional: bool = False
    branched: bool = False
    function: str = ""
    guarded: bool = False
    caught: bool = False
    defaults: tuple[tuple[str, object], ...] = ()


class _Finder(msgspec.Struct, eq=False):
    """`aliases`: the module gives the environment other names; `addresses` are constants that hold one,
    `constants` tells those that hold a name, `raisers` are functions of the module that only raise."""

    names: ImportedNames
    helpers: dict[str, ReadingFunction]
    scheme: dict[str, ast.expr]
    aliases: bool = True
    addresses: dict[str, str] = {}
    constants: Callable[[], dict[str, str]] = dict
    raisers: frozenset[str] = frozenset()
    found: list[Read] = msgspec.field(default_factory=list)

    def block(self, body: Sequence[ast.stmt], place: _Place) -> None:
        for position, statement in enumerate(body):
            if isinstance(statement, ast.If) and is_main_guard(statement):
                self.block(statement.orelse, place)
                continue
            self._statement(statement, place)
            if isinstance(statement, ast.If):
                self._missing_is_fatal(body[:position], statement, place)

    def _statement(self, statement: ast.stmt, place: _Place) -> None:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                inner = _Place(function=statement.name, defaults=parameter_defaults(statement))
                given = (
                    *statement.decorator_list,
                    *statement.args.defaults,
                    *keyword_defaults(statement.args),
                )
                self._expressions(statement, given, place)
                self._scope(statement, replace(inner, conditional=is_view(statement)))
            case ast.ClassDef():
                self._expressions(statement, statement.decorator_list, place)
                self._scope(statement, place)
            case ast.If():
                self._if(statement, place)
            case ast.Try():
                guarded = place.guarded or catches_missing(statement)
                caught = place.caught or any(not fails(one.body) for one in statement.handlers)
                self.block(statement.body, replace(place, guarded=guarded, caught=caught))
                for handler in statement.handlers:
                    self.block(handler.body, replace(place, conditional=True, branched=True))
                self.block(statement.orelse, place)
                self.block(statement.finalbody, place)
            case ast.For() | ast.AsyncFor() | ast.While():
                self._expressions(statement, own_expressions(statement), place)
                self.block(statement.body, place)
                self.block(statement.orelse, place)
            case ast.With() | ast.AsyncWith():
                self._expressions(statement, own_expressions(statement), place)
                self.block(statement.body, place)
            case ast.Match():
                self._expressions(statement, (statement.subject,), place)
                for case in statement.cases:
                    self.block(case.body, replace(place, conditional=True, branched=True))
            case _:
                self._expressions(statement, own_expressions(statement), place)

    def _scope(self, statement: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, place: _Place) -> None:
        outside = self.names
        self.names = outside.inside(statement, own=self.aliases)
        self.block(statement.body, place)
        self.names = outside

    def _if(self, statement: ast.If, place: _Place) -> None:
        """Branches are taken as they are when no optional variable is set."""
        self._expressions(statement, (statement.test,), place)
        outcome = self._outcome(statement.test, place)
        unlikely = replace(place, conditional=True, branched=True)
        self.block(statement.body, place if outcome is True else unlikely)
        self.block(statement.orelse, place if outcome is False else unlikely)

    def _outcome(self, test: ast.expr, place: _Place) -> bool | None:
        """The test's value in an empty environment; None when that cannot be told."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._outcome(operand, place)
                return None if inner is None else not inner
            case ast.BoolOp(op=op, values=values):
                # the first that settles it: those behind it are not asked
                settles = isinstance(op, ast.Or)
                for part in values:
                    known = self._outcome(part, place)
                    if known is not (not settles):
                        return known
                return not settles
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as op], comparators=[right]):
                if self.names.full(right) in SUBSCRIPTS and isinstance(left, ast.Constant):
                    return isinstance(op, ast.NotIn)
                return None
            case ast.Compare(left=left, ops=[op], comparators=[ast.Constant(value=constant)]):
                known, value = self._constant(left, place)
                return _compare(op, value, constant) if known else None
            case _:
                known, value = self._constant(test, place)
                return bool(value) if known else None

    def _constant(self, expression: ast.expr, place: _Place) -> tuple[bool, object]:
        if isinstance(expression, ast.Name) and expression.id in dict(place.defaults):
            return True, dict(place.defaults)[expression.id]
        if isinstance(expression, ast.Name) and expression.id == "TYPE_CHECKING":
            return True, False
        if isinstance(expression, ast.Call):
            read = self._call(expression)
            if read is not None and not read.must and (read.default is not None or not read.has_default):
                return True, self._default_value(expression, read)
        return False, None

    def _default_value(self, call: ast.Call, read: Read) -> object:
        """As the program has it: `False`, and "false" of a reader that makes it one."""
        given = argument(call, 1, "default")
        given = given if given is not None else self.scheme.get(read.name)
        value = given.value if isinstance(given, ast.Constant) else read.default
        cast = keyword_value(call, "cast")
        reader = self.names.full(cast if cast is not None else call.func).rpartition(".")[2]
        if reader == "bool" and isinstance(value, str):
            return value.strip().lower() not in FALSE
        return value

    def _expressions(self, statement: ast.stmt, expressions: Sequence[ast.AST], place: _Place) -> None:
        used_as = target_name(statement)
        for expression in expressions:
            nodes = descendants(expression)
            reads = [(node, read) for node in nodes if (read := self.read(node)) is not None]
            if not reads:
                continue
            lazy = self._lazily_evaluated(nodes)
            fallbacks, fatal = self._fallbacks(nodes), self._fatal(nodes)
            broken = frozenset[int]() if place.caught else broken_by_none(nodes)
            for node, read in reads:
                receiver = used_as or keyword_name(expression, node)
                if id(node) in fatal:
                    read = replace(read, must=True)
                elif id(node) in fallbacks:
                    read = replace(read, has_default=True, default=fallbacks[id(node)])
                self.found.append(
                    replace(
                        read,
                        must=(read.must and not place.guarded)
                        or (id(node) in broken and not read.has_default and self._gets(node)),
                        conditional=place.conditional or id(node) in lazy,
                        branched=place.branched or id(node) in lazy,
                        function=place.function,
                        used_as=receiver,
                    )
                )

    def _gets(self, node: ast.AST) -> bool:
        """Whether it is None where nobody gives the variable."""
        return isinstance(node, ast.Call) and self.names.full(node.func) in GETTERS

    def _fallbacks(self, nodes: Sequence[ast.AST]) -> dict[int, str | None]:
        """Reads on the left of `or`, with the literal on its right."""
        found: dict[int, str | None] = {}
        for node in nodes:
            if is_or(node):
                for value in node.values[:-1]:
                    found[id(value)] = literal_of(node.values[-1])
        return found

    def _fatal(self, nodes: Sequence[ast.AST]) -> frozenset[int]:
        """Reads on the left of an `or` whose right side ends the app: os.getenv("X") or stop("no X")."""
        return frozenset(
            id(value)
            for node in nodes
            if is_or(node) and isinstance(node.values[-1], ast.Call)
            if self.names.full(node.values[-1].func) in {*ENDS, *self.raisers}
            for value in node.values[:-1]
        )

    def _lazily_evaluated(self, nodes: Sequence[ast.AST]) -> frozenset[int]:
        """Nodes that are evaluated only sometimes: branches of `a if b else c`, right sides
        of and/or, lambdas."""
        found: set[int] = set()
        for node in nodes:
            parts: tuple[ast.expr, ...] = ()
            if isinstance(node, ast.IfExp):
                parts = (node.body, node.orelse)
            elif isinstance(node, ast.BoolOp) and not self._falls_through(node):
                parts = tuple(node.values[1:])
            elif isinstance(node, ast.Lambda):
                parts = (node.body,)
            found.update(id(inner) for part in parts for inner in walk(part))
        return frozenset(found)

    def _falls_through(self, node: ast.BoolOp) -> bool:
        """`optional or must`: in an empty environment the right side is what counts."""
        if not isinstance(node.op, ast.Or):
            return False
        for value in node.values[:-1]:
            if self._outcome(value, _Place()) is True:
                return False  # `"NAME" not in os.environ or ...` ends there
            inner = [read for part in walk(value) if (read := self.read(part)) is not None]
            if not inner or any(read.has_default or read.must for read in inner):
                return False
        return True

    def name_of(self, expression: ast.expr) -> str:
        """A literal, or what a constant in capital letters holds."""
        if isinstance(expression, ast.Name) and expression.id.isupper():
            return self.constants().get(expression.id, "")
        return name_in(expression)

    def read(self, node: ast.AST) -> Read | None:
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            name = self.name_of(node.slice) if self.names.full(node.value) in SUBSCRIPTS else ""
            if name:
                return Read(name, node.lineno, must=True)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            name = self.name_of(node.left) if self.names.full(node.comparators[0]) in SUBSCRIPTS else ""
            if name:
                return Read(name, node.lineno)
        return None

    def _call(self, call: ast.Call) -> Read | None:
        called = self.names.full(call.func)
        if called in self.helpers:
            return self._helper_call(call, self.helpers[called])
        if isinstance(call.func, ast.Attribute) and call.func.attr == FILE_OF_SETTINGS and call.args:
            silent = argument(call, 1, "silent")
            loud = not isinstance(silent, ast.Constant) or not silent.value
            return Read(name_in(call.args[0]), call.lineno, must=loud) if name_in(call.args[0]) else None
        for key in DECLARING:
            declared = name_of_keyword(call, key)
            if declared.isupper():
                return Read(declared, call.lineno)
        name = name_in(call.args[0]) if call.args else name_of_keyword(call, "key")
        unnamed = self._unnamed(call, called)
        if unnamed is not None:
            return unnamed
        if not name and call.args and called in GETTERS:
            name = self.name_of(call.args[0])
        if not name:
            return None
        given = argument(call, 1, "default")
        if called in GETTERS:
            has_default = given is not None and not is_none(given)
            read = Read(name, call.lineno, False, has_default, self._text(given))
            return replace(read, shape=shape_of(given))
        holder, _, method = called.rpartition(".")
        if called in STRICT_READERS or (holder in STRICT_READERS and method in METHODS):
            if called == CAST_SECOND:
                given = argument(call, 2, "default")
            given = given if given is not None else self.scheme.get(name)
            read = Read(name, call.lineno, given is None, given is not None, self._text(given))
            return replace(read, shape=shape_of(given))
        return None

    def _text(self, given: ast.expr | None) -> str | None:
        """A literal, or an address that the module keeps in a constant."""
        return self.addresses.get(given.id) if isinstance(given, ast.Name) else literal_of(given)

    def _unnamed(self, call: ast.Call, called: str) -> Read | None:
        """A library that knows the variable's name itself, when none is given."""
        holder, _, method = called.rpartition(".")
        if called == "dj_database_url.config":
            named = name_in(call.args[0]) if call.args else name_of_keyword(call, "env")
            given = argument(call, 1, "default")
            return _with_default(Read(named or DATABASE_URL, call.lineno), given)
        if holder not in STRICT_READERS or method not in UNNAMED or call.args or name_of_keyword(call, "var"):
            return None
        given = keyword_value(call, "default")
        return _with_default(Read(UNNAMED[method], call.lineno, must=given is None), given)

    def _helper_call(self, call: ast.Call, helper: ReadingFunction) -> Read | None:
        key = helper.key_of(call)
        name = name_in(key) if key is not None else ""
        if not name:
            return None
        rest = call.args[helper.position + 1 :]
        given = rest[0] if rest else keyword_value(call, "default")
        demanded = any(
            keyword.arg in DEMANDING and isinstance(keyword.value, ast.Constant) and bool(keyword.value.value)
            for keyword in call.keywords
        )
        must = demanded or (helper.must and given is None)
        return Read(name, call.lineno, must, given is not None and not is_none(given), literal_of(given))

    def _missing_is_fatal(self, before: Sequence[ast.stmt], test: ast.If, place: _Place) -> None:
        """`if not NAME: raise` after `NAME = os.getenv("NAME")` makes that variable a must, and
        `if not NAME or not OTHER: raise` both."""
        parts = test.test.values if is_or(test.test) else [test.test]
        names = [_falsy_check(part) for part in parts]
        if not fails(test.body) or place.conditional:
            return
        for checked in filter(None, names):
            for position, read in enumerate(self.found):
                direct = checked == f"os.environ:{read.name}"
                if (direct or self._assigned(before, read, checked)) and not read.has_default:
                    self.found[position] = replace(read, must=True)

    def _assigned(self, before: Sequence[ast.stmt], read: Read, checked: str) -> bool:
        for statement in before:
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            if statement.lineno <= read.line <= (statement.end_lineno or 0):
                return any(ast.unparse(target) == checked for target in targets)
        return False


def _with_default(read: Read, given: ast.expr | None) -> Read:
    return replace(read, has_default=given is not None and not is_none(given), default=literal_of(given))


def is_or(node: ast.AST) -> TypeGuard[ast.BoolOp]:
    return isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or)


def _falsy_check(test: ast.expr) -> str:
    """The source of X in `if not X:` and `if X is None:`; "os.environ:NAME" for `if "NAME" not in ...`."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            name = name_in(operand.args[0]) if isinstance(operand, ast.Call) and operand.args else ""
            return f"os.environ:{name}" if name else ast.unparse(operand)
        case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
            return ast.unparse(left)
        case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.NotIn()]):
            return f"os.environ:{name}"
        case _:
            return ""


def ports_read(module: Module, sources: Sources) -> Iterator[str]:
    """Variables whose names end with PORT, in the order of the source, below the main guard, too."""
    shared = shared_readers(sources).get(module.path, NO_READERS)
    names = module.imports.with_names(shared.names)
    for statement in module.of(ast.Assign) if ALIASES.search(module.text) else ():
        known = ((name, names.alias(value)) for name, value in assigned(statement))
        names = names.with_names({name: full for name, full in known if full in GETTERS | SUBSCRIPTS})
    finder = _Finder(names, {}, shared.scheme)
    for node in module.of(ast.Call, ast.Subscript):
        read = finder.read(node)
        if read is not None and read.name.endswith("PORT"):
            yield read.name


def _compare(op: ast.cmpop, value: object, constant: object) -> bool | None:
    match op:
        case ast.Eq() | ast.Is():
            return value == constant
        case ast.NotEq() | ast.IsNot():
            return value != constant
        case _:
            return None
