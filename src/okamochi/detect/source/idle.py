"""Edits of statements that only compute or tell something, and that no decision can rest on.

A plan rests on what is imported, called, defined and named. A number in a sum, a line that prints or logs, a
word that a view answers is none of that, so that such an edit needs no new plan; what it can do is to move
the lines below it. What counts as idle is decided here, narrowly; tests make such edits in examples, with all
the words that detectors know, and hold the plans against each other.
"""

import ast
import re
from collections.abc import Callable, Collection, Iterator
from functools import cached_property

import msgspec

from okamochi.detect.source.handlers import TOLD
from okamochi.detect.source.idle_definitions import Function, is_idle_definition, is_view, parts_of
from okamochi.system.patterns import regex
from okamochi.system.python_text import syntax_tree

__all__ = ["SWITCHES", "IdleEdit", "idle_edit", "says_what"]

# Of Python, without effect on anything but what they give.
BUILTINS = frozenset(["abs", "float", "int", "len", "max", "min", "print", "repr", "round", "str", "sum"])
LOGGERS = frozenset(["log", "logger", "logging", "_log", "_logger", "LOG", "LOGGER"])
LEVELS = frozenset(["critical", "debug", "error", "exception", "info", "warning"])
# Switches of which the plan warns.
SWITCHES = frozenset(["DEBUG", "SECURE_SSL_REDIRECT"])
# Words that no folder, address, program or variable looks like.
WORDS = regex(r"(?:[A-Za-z0-9 ,!?'…%()]|[.:](?= |\Z)){0,200}")
# A word, words, a number, a version: no path, no address, no dotted name.
WRITTEN = regex(r"[A-Za-z0-9 ,!?'…_-]{0,200}|\d+(?:\.\d+){1,3}")
# What a part of a constant's name says that it is looked for, whoever reads it.
NAMED = regex(
    r"(?:a|application|apps?|args|assets?|auth|backends?|bases?|binary|binds?|bins?|brokers?|buckets?|"
    r"cache|class|cmds?|commands?|conf|configs?|connections?|credentials?|data|databases?|db|debug|"
    r"defaults?|dest|directory|dirs?|domains?|downloads?|dsn|email|engines?|env|environment|exe|exec|"
    r"executables?|filename|files?|folders?|fonts?|handlers?|health|hostname|hosts?|https?|images?|"
    r"instance|keys?|library|libs?|location|logging|logs?|mail|media|metadata|middleware|migrations?|"
    r"modules?|object|packages?|password|paths?|platform|plugins?|pool|ports?|prefix|processes|prog|"
    r"programs?|project|queues?|redirects?|requires?|roots?|routes?|rules?|schemas?|schemes?|scripts?|"
    r"secrets?|secure|servers?|services?|sessions?|settings?|size|smtp|sqlite|ssl|start|static|"
    r"storages?|stores?|tables?|tasks?|templates?|tests?|threads?|timezone|tokens?|tz|uploaded|uploads?|"
    r"uris?|urlconf|urls?|users?|web|workers?)",
    re.IGNORECASE,
)
NUMBERS = (int, float, complex)
BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


class IdleEdit(msgspec.Struct, frozen=True):
    """Lines of the text before: those from `start` up to `end` (excluded, counted from 1) were edited, and
    those from `end` on are now `by` lines further down."""

    start: int
    end: int
    by: int


def idle_edit(before: str, after: str, is_used: Callable[[str], bool]) -> IdleEdit | None:
    """What was edited between two gists of one module, when no plan can tell them apart but by lines; else
    None. `is_used` says whether another file of the project has a name."""
    old, new = before.split("\n"), after.split("\n")
    same = common(old, new)
    rest = common(old[same:][::-1], new[same:][::-1])
    sides = (Side.of(before, same, len(old) - rest), Side.of(after, same, len(new) - rest))
    if sides[0] is None or sides[1] is None or not sides[0].fits(sides[1]):
        return None
    if not all(side.is_idle(is_used) for side in sides if side is not None):
        return None
    return IdleEdit(same + 1, len(old) - rest + 1, len(new) - len(old))


def common(old: list[str], new: list[str]) -> int:
    """How many lines both begin with."""
    for number, (one, other) in enumerate(zip(old, new, strict=False)):
        if one != other:
            return number
    return min(len(old), len(new))


class Place(msgspec.Struct, frozen=True, eq=False):
    """A statement; `field` is the list of its parent's that it stands in, `function` the nearest around."""

    node: ast.stmt
    parent: ast.AST
    field: str
    function: Function | None


class Side(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A text with its edited lines, from `start` up to `end`, counted from 0."""

    text: str
    tree: ast.Module
    start: int
    end: int

    @classmethod
    def of(cls, text: str, start: int, end: int) -> "Side | None":
        tree = syntax_tree(text)
        return cls(text, tree, start, end) if tree is not None else None

    @cached_property
    def places(self) -> tuple[Place, ...]:
        return tuple(places_below(self.tree, None))

    @cached_property
    def edited(self) -> tuple[Place, ...]:
        return tuple(one for one in self.places if self.touches(one.node))

    def touches(self, node: ast.stmt) -> bool:
        return first_line(node) - 1 < self.end and header_end(node) > self.start

    def fits(self, other: "Side") -> bool:
        """Whether nothing but the edited statements differs: every other one is where it was."""
        return self.unedited() == other.unedited() and self.is_whole() and other.is_whole()

    def unedited(self) -> list[tuple[object, ...]]:
        """All other statements, their lines counted from the nearer end of the text."""
        lines = self.text.count("\n") + 1
        return [
            (
                type(one.node),
                type(one.parent),
                one.field,
                one.node.lineno - (0 if one.node.lineno <= self.start else lines),
                one.node.col_offset,
            )
            for one in self.places
            if not self.touches(one.node)
        ]

    def is_whole(self) -> bool:
        """Whether the edited lines have nothing but whole statements, `else:` and the like not among them."""
        covered: set[int] = set()
        for one in self.edited:
            covered.update(range(first_line(one.node) - 1, one.node.end_lineno or one.node.lineno))
        lines = self.text.split("\n")
        return all(number in covered or not lines[number].strip() for number in range(self.start, self.end))

    def is_all_edited(self, node: ast.stmt) -> bool:
        return self.start < first_line(node) and (node.end_lineno or 0) <= self.end

    @cached_property
    def others(self) -> tuple[ast.stmt, ...]:
        """Statements of the module itself that were not edited."""
        return tuple(one for one in self.tree.body if not self.touches(one))

    def is_idle(self, is_used: Callable[[str], bool]) -> bool:
        return all(Judge(self, one, is_used).is_idle() for one in self.edited)

    @cached_property
    def imported(self) -> frozenset[str]:
        return frozenset(
            alias.asname or alias.name.split(".")[0]
            for one in self.places
            if isinstance(one.node, ast.Import | ast.ImportFrom)
            for alias in one.node.names
        )

    def text_of(self, node: ast.stmt) -> str:
        return "\n".join(self.text.split("\n")[node.lineno - 1 : node.end_lineno])

    @cached_property
    def unedited_text(self) -> str:
        lines = self.text.split("\n")
        for one in self.edited:
            first, last = first_line(one.node) - 1, one.node.end_lineno or one.node.lineno
            lines[first:last] = [""] * (last - first)
        return "\n".join(lines)


def places_below(parent: ast.AST, function: Function | None) -> Iterator[Place]:
    for field in BODIES:
        for node in getattr(parent, field, ()):
            if isinstance(node, ast.stmt):
                yield Place(node, parent, field, function)
            yield from places_below(node, node if isinstance(node, Function) else function)


def first_line(node: ast.stmt) -> int:
    """Where a statement begins, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def header_end(node: ast.stmt) -> int:
    """The last line of a statement without those below it."""
    bodies = [name for name in BODIES if getattr(node, name, None)]
    if not bodies:
        return node.end_lineno or node.lineno
    parts = [part for name in node._fields if name not in BODIES for part in nodes_of(getattr(node, name))]
    return max([node.lineno, *(getattr(one, "end_lineno", None) or 0 for one in parts)])


def nodes_of(value: object) -> Iterator[ast.AST]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, ast.withitem):
            yield one.context_expr
        if isinstance(one, ast.AST):
            yield one


class Judge(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Whether one statement is idle, where it stands."""

    side: Side
    place: Place
    is_used: Callable[[str], bool]

    def is_idle(self) -> bool:
        in_a_function, parent = self.place.function is not None, self.place.parent
        if not in_a_function and not isinstance(parent, ast.Module):
            return False  # what stands below the main guard may be a process of the plan, word by word
        if isinstance(parent, ast.ClassDef) or TOLD.search(self.side.text_of(self.place.node)):
            return False
        match self.place.node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) as function:
                return (
                    not in_a_function
                    and self.side.is_all_edited(function)
                    and self.is_forgotten(name)
                    and not says_what(name)
                    and is_idle_definition(function, self.side.others)
                )
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                return True
            case (
                ast.If(test=ast.Name(id="_"))
                | ast.While(test=ast.Name(id="_"))
                | ast.For(iter=ast.Name(id="_"))
            ):
                return in_a_function  # as a gist has those of views
            case ast.If(test=asked) | ast.While(test=asked) | ast.For(target=ast.Name(), iter=asked):
                return self.is_uncalled and self.is_plain(asked)
            case ast.Expr(value=ast.Call() as call):
                return self.is_plain(call) or self.is_log_line(call)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if name in SWITCHES or not self.is_forgotten(name):
                    return False
                if self.place.function is not None:
                    return self.is_plain(value)
                return self.is_number(value) or (is_written(value) and not says_what(name))
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                return name in self.bound - self.shared and self.is_number(value)
            case ast.Return(value=value):
                return value is not None and self.is_idle_answer(value)
            case _:
                return False

    @property
    def is_uncalled(self) -> bool:
        """Whether the function around it was edited as a whole, and is thus judged as one."""
        function = self.place.function
        return function is not None and self.side.is_all_edited(function)

    def is_idle_answer(self, value: ast.expr) -> bool:
        """What a view answers is nobody's setting, nor is that of a function that nothing calls; of others,
        only what comes of computing."""
        if is_view(self.place.function) or self.is_uncalled:
            return self.is_plain(value)
        return self.is_number(value) and not isinstance(value, ast.Constant | ast.UnaryOp)

    def is_forgotten(self, name: str) -> bool:
        """Whether nothing else has the name."""
        if name.startswith("__"):
            return False
        if re.search(rf"\b{name}\b", self.side.unedited_text):
            return False
        return self.place.function is not None or not self.is_used(name)

    def is_log_line(self, call: ast.Call) -> bool:
        match call.func:
            case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr=level):
                return name in LOGGERS and level in LEVELS and self.are_plain(call)
            case _:
                return False

    def are_plain(self, call: ast.Call) -> bool:
        return all(self.is_plain(one) for one in (*call.args, *(word.value for word in call.keywords)))

    def is_plain(self, node: ast.expr) -> bool:
        """Without a call of anything of the project's, or of a library; without anything that is imported."""
        match node:
            case ast.Constant(value=value):
                return (
                    WORDS.fullmatch(value) is not None
                    if isinstance(value, str)
                    else not isinstance(value, bytes)
                )
            case ast.Name(id=name):
                return name not in self.side.imported and not name.startswith("__")
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                return name in self.bound and attribute.islower() and not attribute.startswith("_")
            case ast.Call(func=ast.Name(id=name)):
                return name in BUILTINS and self.are_plain(node)
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return self.all_plain(parts)
            case ast.Dict(keys=keys, values=values):
                return None not in keys and self.all_plain(
                    [one for one in (*keys, *values) if one is not None]
                )
            case ast.JoinedStr(values=parts):
                return self.all_plain(parts)
            case ast.FormattedValue(value=value, format_spec=None):
                return self.is_plain(value)
            case ast.Compare(left=left, comparators=others):
                return self.all_plain([left, *others])
            case ast.IfExp(test=test, body=body, orelse=other):
                return self.all_plain([test, body, other])
            case ast.BoolOp(values=parts):
                return self.all_plain(parts)
            case _:
                return self.is_number(node)

    def all_plain(self, nodes: Collection[ast.expr]) -> bool:
        return all(self.is_plain(one) for one in nodes)

    def is_number(self, node: ast.expr) -> bool:
        """As far as one side of a sum tells, since paths and lists can be added and divided, too."""
        match node:
            case ast.Constant(value=value):
                return isinstance(value, NUMBERS)
            case ast.Call(func=ast.Name(id=name)):
                return name in BUILTINS - {"str", "repr", "print", "max", "min"} and self.are_plain(node)
            case ast.UnaryOp(operand=operand):
                return self.is_number(operand)
            case ast.BinOp(left=left, right=right):
                sides = (left, right)
                return any(self.is_number(one) for one in sides) and all(
                    self.is_number(one) or (isinstance(one, ast.Name | ast.Attribute) and self.is_plain(one))
                    for one in sides
                )
            case _:
                return False

    @cached_property
    def shared(self) -> frozenset[str]:
        """Names of the module that the function changes."""
        nodes = ast.walk(self.place.function) if self.place.function is not None else ()
        return frozenset(name for one in nodes if isinstance(one, ast.Global) for name in one.names)

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names of the function that the statement is in."""
        function = self.place.function
        if function is None:
            return frozenset()
        nodes = list(ast.walk(function))
        arguments = {one.arg for one in nodes if isinstance(one, ast.arg)}
        stored = {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        return frozenset(arguments | stored) - self.side.imported


def is_written(value: ast.expr) -> bool:
    """Words and numbers as they stand there, alone or in displays."""
    match value:
        case ast.Constant(value=str(text)):
            return WRITTEN.fullmatch(text) is not None
        case ast.Constant(value=known):
            return not isinstance(known, bytes)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return all(map(is_written, parts))
        case ast.Dict(keys=keys, values=values):
            return all(one is not None and is_written(one) for one in (*keys, *values))
        case _:
            return False


def says_what(name: str) -> bool:
    """Whether a constant's name says what it is for, as UPLOAD_FOLDER, serverName and STATIC_ROOT do."""
    return any(NAMED.fullmatch(part) for part in parts_of(name))
