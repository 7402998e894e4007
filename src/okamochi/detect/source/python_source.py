"""One Python file of the project, parsed without ever importing it."""

import ast
import warnings
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar, overload

import msgspec

from okamochi.detect.source.module_index import ModuleIndex
from okamochi.detect.source.names import ImportedNames
from okamochi.detect.source.syntax import descendants
from okamochi.system.patterns import regex

__all__ = ["Module", "is_main_guard"]

Node = TypeVar("Node", bound=ast.AST)
Other = TypeVar("Other", bound=ast.AST)

SURROGATE = regex(r"\\(?:u|U0000)[dD][89a-fA-F]")


class SyntaxProblem(msgspec.Struct, frozen=True):
    """Why a file could not be parsed; `line` is 0 when the parser did not say. `invalid`: Python itself
    refuses the file, too; it is not only too much for us."""

    line: int
    text: str
    reason: str
    invalid: bool = False


class Parsed(msgspec.Struct, frozen=True):
    """`tree` is empty when `problem` says why."""

    tree: ast.Module
    problem: SyntaxProblem | None = None


class Module(msgspec.Struct, frozen=True, eq=False, dict=True):
    """One Python file, as far as its gist tells. `path` is relative to the project; `gist` is None when the
    file cannot be read, `whole` reads it as it is.

    It is parsed when its tree is asked for, which takes longer than all else: whoever seeks what cannot be
    written without a certain word looks for that in `text` first."""

    path: str
    gist: str | None
    whole: Callable[[], str | None]

    @property
    def text(self) -> str:
        return self.gist or ""

    @cached_property
    def _parsed(self) -> Parsed:
        """What cannot be parsed is read as a whole: the gist may be why, and the problem shows a line."""
        found = parsed_text(self.gist)
        return found if found.problem is None else parsed_text(self.whole())

    @property
    def is_parsed(self) -> bool:
        return "_parsed" in self.__dict__

    @property
    def tree(self) -> ast.Module:
        return self._parsed.tree

    @property
    def problem(self) -> SyntaxProblem | None:
        return self._parsed.problem

    @property
    def is_invalid(self) -> bool:
        """Whether importing it would fail with a SyntaxError."""
        return self.problem is not None and self.problem.invalid

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the tree, in the order of the source."""
        return descendants(self.tree)

    @cached_property
    def _places(self) -> dict[type[ast.AST], list[int]]:
        """Class of node → where such nodes are among all."""
        found: dict[type[ast.AST], list[int]] = {}
        for place, node in enumerate(self.nodes):
            found.setdefault(type(node), []).append(place)
        return found

    @cached_property
    def _by_kind(self) -> dict[tuple[type[ast.AST], ...], tuple[ast.AST, ...]]:
        return {}

    @overload
    def of(self, kind: type[Node], /) -> tuple[Node, ...]: ...

    @overload
    def of(self, kind: type[Node], other: type[Other], /) -> tuple[Node | Other, ...]: ...

    @overload
    def of(self, *kinds: type[ast.AST]) -> tuple[ast.AST, ...]: ...

    def of(self, *kinds: type[ast.AST]) -> tuple[ast.AST, ...]:
        """The nodes of these very classes, in the order of the source."""
        found = self._by_kind.get(kinds)
        if found is None:
            places = [place for kind in kinds for place in self._places.get(kind, ())]
            if len(kinds) > 1:
                places.sort()
            found = self._by_kind[kinds] = tuple(map(self.nodes.__getitem__, places))
        return found

    def call_of(self, *names: str) -> int:
        """The line of the first call of one of these, by its full name; 0 when there is none."""
        calls = self.of(ast.Call)
        return next((one.lineno for one in calls if self.imports.full(one.func) in names), 0)

    @cached_property
    def index(self) -> ModuleIndex:
        """Where its names get their values."""
        return ModuleIndex.of(self)

    @cached_property
    def imports(self) -> ImportedNames:
        return ImportedNames.of(self.tree, self.of(ast.Import, ast.ImportFrom))


def parsed_text(text: str | None) -> Parsed:
    empty = ast.Module(body=[], type_ignores=[])
    if text is None:
        return Parsed(empty, SyntaxProblem(0, "", "cannot be read, or is larger than 1.5 MB"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Parsed(tree_of(text))
    except SyntaxError as error:
        line = error.lineno or 0
        lines = text.splitlines()
        shown = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        return Parsed(empty, SyntaxProblem(line, shown[:200], error.msg or "invalid syntax", invalid=True))
    except (ValueError, RecursionError, MemoryError) as error:
        reason = str(error) or "nested too deeply"
        return Parsed(empty, SyntaxProblem(0, "", reason, invalid=isinstance(error, ValueError)))


def tree_of(text: str) -> ast.Module:
    """SyntaxError when neither this Python nor a newer one reads it, as far as that is known here."""
    try:
        return without_surrogates(ast.parse(text), text)
    except SyntaxError as error:
        from okamochi.detect.source.newer_syntax import newer_tree

        try:
            return newer_tree(text)
        except SyntaxError:
            raise error from None


def without_surrogates(tree: ast.Module, text: str) -> ast.Module:
    """A string may hold halves of characters ("\\ud800"), which no file can: "?" in their place."""
    if SURROGATE.search(text):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = node.value.encode("utf-8", "replace").decode()
    return tree


def is_main_guard(statement: ast.stmt) -> bool:
    """Whether it is `if __name__ == "__main__":`, whose body no server ever runs."""
    if not isinstance(statement, ast.If) or not isinstance(statement.test, ast.Compare):
        return False
    sides = (statement.test.left, *statement.test.comparators)
    names = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    mains = any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)
    return names and mains
