"""Which shared libraries and programs a piece of Python opens or starts by a name that stands in its text.

The text is parsed, never run. What only other systems run (`if sys.platform == "win32"`) does not count.
"""

import ast
import re
import shlex
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from functools import cached_property

import msgspec

from okamochi.pypi.python_passing import handed_on, looked_up, missed_aloud
from okamochi.pypi.python_systems import running_here
from okamochi.pypi.python_values import (
    PLAIN,
    beginning_of,
    constant_of,
    last_name,
    made_of_name_and_number,
    texts_in,
    whole_texts_in,
)
from okamochi.system.patterns import regex

__all__ = ["CallKind", "NativeCall", "native_calls"]

SONAME = regex(r"lib[\w.+-]+?\.so(?:\.[0-9][\w.]*)?")
PROGRAM = regex(r"(?:/usr(?:/local)?/bin/|/bin/)?(?P<name>[A-Za-z][\w.+-]*)")
OPENERS = frozenset({"CDLL", "PyDLL", "LoadLibrary", "dlopen"})
FINDERS = frozenset({"find_library"})
# Calls that have a library's name and do not open it.
TEXTS = frozenset({"endswith", "join", "match", "print", "replace", "startswith", "warn", "warning"})
STARTERS = frozenset({"Popen", "call", "check_call", "check_output", "run"})
DIRECT = frozenset(
    {"create_subprocess_exec", "execl", "execle", "execlp", "execv", "execve", "execvp", "execvpe"}
    | {"find_executable", "posix_spawn", "posix_spawnp", "which"}
)
SPAWNED = frozenset({"spawnl", "spawnle", "spawnlp", "spawnv", "spawnve", "spawnvp", "spawnvpe"})
SHELLS = frozenset({"create_subprocess_shell", "getoutput", "getstatusoutput", "popen", "system"})
SHELL_MODULES = frozenset({"asyncio", "commands", "os", "subprocess"})
HOLDERS = regex(r"(?:^|_)(?:bin|binary|cmd|command|exe|exec|executable|prog|program)(?:_|$)", re.IGNORECASE)
MOST_DEPTH = 5


class CallKind(Enum):
    """HELD: a name that stands in a variable for programs, such as tesseract_cmd = "tesseract". MISSED: a
    program that is looked for, and whose absence is warned of or raised."""

    LIBRARY = "library"
    PROGRAM = "program"
    SHELL = "shell"
    HELD = "held"
    MISSED = "missed"


class NativeCall(msgspec.Struct, frozen=True):
    """`names` are alternatives in the order of the text. Of a library, "magic*" is how its name begins."""

    kind: CallKind
    names: tuple[str, ...]
    line: int


def native_calls(tree: ast.Module) -> tuple[NativeCall, ...]:
    """In the order of the text, each once."""
    reader = Reader(tree)
    found = [call for node in reader.nodes for call in reader.calls_of(node)]
    return tuple(dict.fromkeys(found))


class Reader:
    """One module: what runs on Linux of it, and what its names stand for."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(running_here(self.tree))

    @cached_property
    def opens_libraries(self) -> bool:
        names = {alias.name for node in self.nodes if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in self.nodes if isinstance(node, ast.ImportFrom)}
        roots = {name.partition(".")[0] for name in names}
        aliases = {
            alias.name for node in self.nodes if isinstance(node, ast.ImportFrom) for alias in node.names
        }
        return bool(roots & {"ctypes", "cffi"} or aliases & {"ffi", "dlopen", "find_library"})

    @cached_property
    def imported_as(self) -> dict[str, str]:
        """Names by the other names that imports give them."""
        aliases = (alias for node in self.nodes if isinstance(node, ast.ImportFrom) for alias in node.names)
        return {alias.asname: alias.name for alias in aliases if alias.asname}

    @cached_property
    def values(self) -> dict[str, list[ast.expr]]:
        """What is assigned to each name, wherever that is, and what loops let it stand for."""
        found: dict[str, list[ast.expr]] = defaultdict(list)
        for node in self.nodes:
            if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
                if isinstance(node.iter, ast.Tuple | ast.List):
                    found[node.target.id] += node.iter.elts
                continue
            if isinstance(node, ast.Assign):
                targets, value = node.targets, node.value
            elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                targets, value = [node.target], node.value
            else:
                continue
            for target in targets:
                name = last_name(target)
                if name:
                    found[name].append(value)
        return dict(found)

    def calls_of(self, node: ast.AST) -> Iterator[NativeCall]:
        if isinstance(node, ast.Call):
            name = last_name(node.func)
            name = self.imported_as.get(name, name)
            yield from self.library(node, name)
            yield from self.program(node, name)
        elif isinstance(node, ast.Subscript) and last_name(node.value) == "cdll":
            yield from self.opened([node.slice], node.lineno)
        elif isinstance(node, ast.Assign):
            text = constant_of(node.value)
            held = any(HOLDERS.search(last_name(target)) for target in node.targets)
            if held and text and (found := PROGRAM.fullmatch(text)):
                yield NativeCall(CallKind.HELD, (found["name"],), node.lineno)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from held_by_default(node)
            for name, line in missed_aloud(node):
                if (found := PROGRAM.fullmatch(name)) is not None:
                    yield NativeCall(CallKind.MISSED, (found["name"],), line)

    def library(self, call: ast.Call, name: str) -> Iterator[NativeCall]:
        if not self.opens_libraries or name in TEXTS:
            return
        handed = self.handed_on(call)
        if handed or (name in FINDERS and call.args):
            wanted = handed or [call.args[0]]
            names = tuple(
                f"lib{one}.so.*" if not one.endswith("*") else f"lib{one}"
                for value in wanted
                for one in self.found(value)
            )
            if names:
                yield NativeCall(CallKind.LIBRARY, names, call.lineno)
        elif name in OPENERS or any(SONAME.fullmatch(one) for part in call.args for one in texts_in(part)):
            yield from self.opened(list(call.args), call.lineno)

    @cached_property
    def lookers(self) -> dict[str, tuple[ast.FunctionDef | ast.AsyncFunctionDef, frozenset[str]]]:
        """The module's own functions that look up a library by what they are given, and which parameters."""
        functions = (node for node in self.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        found = {node.name: (node, looked_up(node, FINDERS)) for node in functions}
        return {name: (node, wanted) for name, (node, wanted) in found.items() if wanted}

    def handed_on(self, call: ast.Call) -> list[ast.expr]:
        """Of a call of one of those: what it looks up."""
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        return handed_on(call, *self.lookers[name]) if name in self.lookers else []

    def found(self, argument: ast.expr) -> tuple[str, ...]:
        """What find_library is asked for: "magic"; "MagickWand*" where only the beginning is known."""
        start = beginning_of(argument)
        if start:
            return (f"{start}*",)
        return tuple(one for one in self.texts(argument, whole=True) if PLAIN.fullmatch(one))

    def opened(self, arguments: list[ast.expr], line: int) -> Iterator[NativeCall]:
        """Those with a version where there are any: the others are names of other systems."""
        sonames = [one for part in arguments for one in self.texts(part) if SONAME.fullmatch(one)]
        sonames += [one for part in arguments for one in made_of_name_and_number(part)]
        versioned = tuple(one for one in sonames if not one.endswith(".so"))
        plain = tuple(f"{one}.*" for one in sonames if one.endswith(".so"))
        if versioned or plain:
            yield NativeCall(CallKind.LIBRARY, tuple(dict.fromkeys((*versioned, *plain))), line)

    def program(self, call: ast.Call, name: str) -> Iterator[NativeCall]:
        arguments = call.args
        if name in SPAWNED:
            arguments = arguments[1:]
        keyword = {one.arg: one.value for one in call.keywords}
        if not arguments and "args" in keyword:
            arguments = [keyword["args"]]
        if not arguments:
            return
        in_shell = name in SHELLS and is_of(call.func, SHELL_MODULES)
        if name in STARTERS and isinstance(keyword.get("shell"), ast.Constant):
            in_shell = bool(getattr(keyword["shell"], "value", False))
        if in_shell:
            yield from self.shell_line(arguments[0], call.lineno)
        elif name in DIRECT or name in SPAWNED or (name in STARTERS and self.starts_programs(call.func)):
            for text in self.first_words(arguments[0]):
                found = PROGRAM.fullmatch(text)
                if found is not None:
                    yield NativeCall(CallKind.PROGRAM, (found["name"],), call.lineno)

    def starts_programs(self, function: ast.expr) -> bool:
        """subprocess.run, and run where it was imported from there; no other object's run()."""
        if isinstance(function, ast.Attribute):
            return last_name(function.value) in ("subprocess", "sp", "_subprocess", "subprocess32")
        name = last_name(function)
        return any(
            isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith("subprocess")
            and any((alias.asname or alias.name) == name for alias in node.names)
            for node in self.nodes
        )

    def shell_line(self, argument: ast.expr, line: int) -> Iterator[NativeCall]:
        yield NativeCall(CallKind.SHELL, (), line)
        for text in self.texts(start_of_line(argument)):
            try:
                words = shlex.split(text)
            except ValueError:
                words = text.split()
            found = PROGRAM.fullmatch(words[0]) if words else None
            if found is not None:
                yield NativeCall(CallKind.PROGRAM, (found["name"],), line)

    def first_words(self, value: ast.expr, depth: int = 0) -> list[str]:
        """The program of an argument list, as far as the text tells."""
        if depth > MOST_DEPTH:
            return []
        match value:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.List(elts=[first, *_]) | ast.Tuple(elts=[first, *_]):
                return self.first_words(first, depth + 1)
            case ast.BinOp(op=ast.Add(), left=left):
                return self.first_words(left, depth + 1)
            case ast.IfExp(body=one, orelse=other):
                return self.first_words(one, depth + 1) + self.first_words(other, depth + 1)
            case ast.BoolOp(values=values):
                return [text for part in values for text in self.first_words(part, depth + 1)]
            case ast.Call(args=[first, *_]) if depth and last_name(value.func) not in ("get", "getenv"):
                return self.first_words(first, depth + 1)
            case ast.Call(args=[_, default]) if last_name(value.func) in ("get", "getenv"):
                return self.first_words(default, depth + 1)
            case ast.Name() | ast.Attribute():
                known = self.values.get(last_name(value), [])
                return [text for part in known[:20] for text in self.first_words(part, depth + 1)]
            case _:
                return []

    def texts(self, value: ast.expr, depth: int = 0, *, whole: bool = False) -> list[str]:
        """All texts in an expression and behind its names; those that are `whole`, no parts of others."""
        found = whole_texts_in(value) if whole else texts_in(value)
        if depth > 1:
            return found
        names = (node.id for node in ast.walk(value) if isinstance(node, ast.Name))
        known = (part for name in names for part in self.values.get(name, ())[:20])
        return found + [text for part in known for text in self.texts(part, depth + 1, whole=whole)]


def start_of_line(value: ast.expr) -> ast.expr:
    """The first part of a line that is put together: what follows it is arguments."""
    match value:
        case ast.JoinedStr(values=[first, *_]) | ast.BinOp(left=first):
            return start_of_line(first)
        case ast.FormattedValue(value=inner):
            return start_of_line(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr="format")):
            return start_of_line(inner)
        case ast.Call(
            func=ast.Attribute(attr="join"), args=[ast.List(elts=[first, *_]) | ast.Tuple(elts=[first, *_])]
        ):
            return start_of_line(first)
        case _:
            return value


def held_by_default(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[NativeCall]:
    """def run(cmd="ffmpeg"): the program that is started unless the caller names another."""
    given = function.args
    placed = [*given.posonlyargs, *given.args]
    pairs = [*zip(placed[len(placed) - len(given.defaults) :], given.defaults, strict=True)]
    pairs += [
        (one, default) for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default
    ]
    for argument, default in pairs:
        text = constant_of(default)
        if text and HOLDERS.search(argument.arg) and (found := PROGRAM.fullmatch(text)):
            yield NativeCall(CallKind.HELD, (found["name"],), default.lineno)


def is_of(function: ast.expr, modules: frozenset[str]) -> bool:
    return not isinstance(function, ast.Attribute) or last_name(function.value) in modules
