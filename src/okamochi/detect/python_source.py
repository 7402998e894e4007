"""The project's Python files, parsed without ever importing them."""

import ast
import posixpath
import re
import warnings
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import cached_property
from typing import Any, TypeVar, overload

import msgspec

from okamochi.detect.gist import SIZE_LIMIT_BYTES, gist_of, python_text
from okamochi.detect.import_lines import Imports, imports_of
from okamochi.detect.names import ImportedNames
from okamochi.detect.root_package import ROOT_MODULE, RootPackage, root_package
from okamochi.detect.syntax import descendants
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["Module", "Sources", "SyntaxProblem", "dotted_name", "import_root_of", "is_main_guard"]

Node = TypeVar("Node", bound=ast.AST)
Other = TypeVar("Other", bound=ast.AST)

WORD = regex(r"[^\W\d]\w*")
SURROGATE = regex(r"\\(?:u|U0000)[dD][89a-fA-F]")
SIDE_FOLDERS = frozenset(
    [
        "test",
        "tests",
        "testing",
        "example",
        "examples",
        "sample",
        "samples",
        "demo",
        "demos",
        "doc",
        "docs",
        "migrations",
        "alembic",
        "scripts",
        "script",
        "benchmark",
        "benchmarks",
        "bench",
        "fixtures",
        "notebooks",
        "build",
        "dist",
        "site-packages",
        "terraform",
        "ansible",
        "infra",
        ".github",
        ".devcontainer",
        ".circleci",
    ]
)
# of these, what an app may call its own package, too
EXAMPLES = frozenset(["example", "examples", "sample", "samples", "demo", "demos"])
SIDE_FILES = regex(
    r"(test_.*|.*_tests?|tests?|conftest|setup|noxfile|fabfile|versioneer|gunicorn(\.|_|-)?conf.*"
    r"|gunicorn[-_.]?c(onfi|f)g.*)\.py"
)


# what pip installs, and what lies beside it
INSTALLED = regex(r"(|.+?/)(?:lib/python[\d.]+|Lib)/site-packages/")
PARTS_OF_ENVIRONMENTS = ("bin", "Scripts", "lib", "Lib", "include")


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

    @cached_property
    def imports(self) -> ImportedNames:
        return ImportedNames.of(self.tree, self.of(ast.Import, ast.ImportFrom))


class Sources(msgspec.Struct, eq=False, dict=True):
    """The Python files of a project that belong to the app; each is read once, and parsed once if at all.

    `paths` leaves out tests, examples, documentation, migrations, scripts (`side_paths` holds those): what
    runs in production does not live there. `settings` is what `settings_classes` found, `package_roots` are
    folders from which the project's own packages are imported once installed, `memory` what detectors keep of
    files, each under keys of its own, `shared_readers` what the module of that name found. `gist` gives
    what may be seen of a file, None when it cannot be read; without it, the project's files are asked.
    """

    project: ProjectFiles
    gist: Callable[[str], str | None] | None = None
    modules: dict[str, Module] = msgspec.field(default_factory=dict)
    texts: dict[str, str | None] = msgspec.field(default_factory=dict)
    settings: frozenset[str] | None = None
    package_roots: tuple[str, ...] = ()
    memory: dict[tuple[Hashable, ...], Any] = msgspec.field(default_factory=dict)
    shared_readers: dict[str, Any] | None = None

    @cached_property
    def all_paths(self) -> tuple[str, ...]:
        """Without those of virtual environments, under whatever name they were committed."""
        paths = self.project.files("**/*.py")
        found = {match[1] for path in paths if (match := INSTALLED.match(path)) is not None}
        inside = tuple(f"{one}{part}/" for one in sorted(found) for part in PARTS_OF_ENVIRONMENTS)
        return tuple(path for path in paths if not path.startswith(inside)) if inside else paths

    @cached_property
    def paths(self) -> tuple[str, ...]:
        return tuple(path for path in self.all_paths if not self._is_aside(path))

    @cached_property
    def side_paths(self) -> tuple[str, ...]:
        return tuple(path for path in self.all_paths if self._is_aside(path))

    def _is_aside(self, path: str) -> bool:
        folder, _, rest = path.partition("/")
        return is_aside(rest if rest and folder in self._own_examples else path)

    @cached_property
    def _own_examples(self) -> frozenset[str]:
        """Folders named example or demo that are the app's own package: a module beside them imports them, or
        names their settings (manage.py)."""
        folders = {path.partition("/")[0] for path in self.all_paths if "/" in path} & EXAMPLES
        if not folders:
            return frozenset()
        beside = [self.text(path) for path in self.all_paths if "/" not in path and not is_aside(path)]
        return frozenset(
            one
            for one in folders
            if any(
                re.search(rf"^(?:from|import) {one}\b|[\"']{one}\.[\w.]+[\"']", text, re.M) for text in beside
            )
        )

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(self.all_paths)

    @cached_property
    def package_folders(self) -> frozenset[str]:
        """Folders that hold Python files, at any depth below."""
        folders: set[str] = set()
        for path in self.all_paths:
            folder = posixpath.dirname(path)
            while folder and folder not in folders:
                folders.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(folders)

    def module(self, path: str) -> Module:
        """Its tree is empty, with a problem, when it cannot be read or parsed."""
        found = self.modules.get(path)
        if found is None:
            found = self.modules[path] = Module(path, self._read(path), lambda: self._whole(path))
        return found

    def _whole(self, path: str) -> str | None:
        content = self.project.read_bytes(path, limit_bytes=SIZE_LIMIT_BYTES)
        return None if content is None else python_text(content)

    def imports(self, path: str) -> tuple[Imports, ...]:
        """What a file imports, in the order of the source; it is parsed only when its text leaves a doubt."""
        found: tuple[Imports, ...] | None = self.memory.get(("imports", path))
        if found is None:
            told = imports_of(self.text(path))
            found = told if told is not None else self.module(path).of(ast.Import, ast.ImportFrom)
            self.memory["imports", path] = found
        return found

    def text(self, path: str) -> str:
        """The file's gist, not parsed; "" when it cannot be read."""
        return self._read(path) or ""

    def words(self, path: str) -> frozenset[str]:
        """Names and words of a file's gist, those in its strings included."""
        found: frozenset[str] | None = self.memory.get(("words", path))
        if found is None:
            found = self.memory["words", path] = frozenset(WORD.findall(self.text(path)))
        return found

    @property
    def unread(self) -> list[str]:
        """Of the app's modules, those that were asked for and are unreadable or too large."""
        return [path for path in self.paths if self.texts.get(path, "") is None]

    def _read(self, path: str) -> str | None:
        if path not in self.texts:
            self.texts[path] = self._gist(path)
        return self.texts[path]

    def _gist(self, path: str) -> str | None:
        if self.gist is not None:
            return self.gist(path)
        content = self.project.read_bytes(path, limit_bytes=SIZE_LIMIT_BYTES)
        return None if content is None else gist_of(python_text(content))

    def mentioning(self, *words: str) -> Iterator[Module]:
        """The app's modules whose text holds one of the words."""
        for path in self.paths:
            text = self.text(path)
            if any(word in text for word in words):
                yield self.module(path)

    def find(self, dotted: str, *, importer: str = "") -> str | None:
        """The project's file that `import dotted` would load; the importer's own root is searched first."""
        roots = self._roots(importer)
        key = ("find", dotted, roots)
        if key not in self.memory:
            self.memory[key] = self._found(dotted.replace(".", "/"), roots)
        found: str | None = self.memory[key]
        return found

    def _found(self, relative: str, roots: tuple[str, ...]) -> str | None:
        for root in roots:
            base = f"{root}/{relative}" if root else relative
            for path in (f"{base}/__init__.py", f"{base}.py"):
                if path in self.known:
                    return path
        return self._part_of_the_root(relative)

    def _part_of_the_root(self, relative: str) -> str | None:
        first, _, rest = relative.partition("/")
        if self.root_package is None or first != self.root_package.name:
            return None
        return self._found(rest, ("",)) if rest else ROOT_MODULE

    @cached_property
    def root_package(self) -> RootPackage | None:
        """What the project's own folder is imported as."""
        return root_package(self)

    def dotted(self, path: str, root: str | None = None) -> str:
        """The name under which a program of the image imports a module, from `root` or the folder that Flask
        would import it from."""
        root = import_root_of(path, self.known) if root is None else root
        return dotted_name(path, root, self.package_of(path, root))

    def package_of(self, path: str, root: str) -> str:
        """The name of the project's folder, where a module imported from `root` has to be a part of it."""
        own = self.root_package
        return own.name if own and not root and (own.relative or path == ROOT_MODULE) else ""

    def find_relative(self, importer: str, level: int, dotted: str) -> str | None:
        """The project's file that `from ..dotted import x` (level 2) in the importer names."""
        folder = importer.rpartition("/")[0]
        for _ in range(level - 1):
            folder = folder.rpartition("/")[0]
        relative = dotted.replace(".", "/")
        return self._found(relative, (folder,)) if relative else self._package(folder)

    def find_from(self, node: ast.ImportFrom, name: str = "", *, importer: str) -> str | None:
        """The project's file that a statement takes names from; with `name`, that of the module so called."""
        dotted = ".".join(part for part in (node.module or "", name) if part)
        if node.level:
            return self.find_relative(importer, node.level, dotted)
        return self.find(dotted, importer=importer)

    def _package(self, folder: str) -> str | None:
        candidates = (f"{folder}/__init__.py" if folder else "__init__.py", f"{folder}.py")
        return next((path for path in candidates if path in self.known), None)

    def _roots(self, importer: str) -> tuple[str, ...]:
        folder = importer.rpartition("/")[0]
        found = self._roots_of_folders.get(folder)
        if found is None:
            own = import_root_of(importer, self.known) if importer else ""
            found = self._roots_of_folders[folder] = tuple(
                dict.fromkeys((own, "", "src", *self.package_roots))
            )
        return found

    def look_in(self, folders: Iterable[str]) -> None:
        """Packages of the project in these folders are installed: workspaces, `-e ./lib`."""
        inside = [one for one in folders if one and not one.startswith(("..", "/"))]
        laid_out = (f"{one}/src" if f"{one}/src" in self.package_folders else one for one in inside)
        self.package_roots = tuple(laid_out)
        self._roots_of_folders.clear()

    @cached_property
    def _roots_of_folders(self) -> dict[str, tuple[str, ...]]:
        return {}


def is_aside(path: str) -> bool:
    *folders, name = path.split("/")
    if any(folder.lower() in SIDE_FOLDERS or folder.startswith((".", "_updated")) for folder in folders):
        return True
    return SIDE_FILES.fullmatch(name) is not None


def import_root_of(path: str, known: frozenset[str]) -> str:
    """The folder from which Flask imports a file: the one above its topmost package."""
    folder = posixpath.dirname(path)
    while folder and posixpath.join(folder, "__init__.py") in known:
        folder = posixpath.dirname(folder)
    return folder


def dotted_name(path: str, root: str, package: str = "") -> str:
    """The module's name when it is imported from `root`; `package` is that of the project's folder."""
    relative = path.removeprefix(f"{root}/") if root else path
    if package:
        relative = f"{package}/{relative}"
    return relative.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


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
        from okamochi.detect.newer_syntax import newer_tree

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
