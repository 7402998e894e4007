"""The Python files of a project that belong to the app, and what imports what."""

import ast
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from okamochi.detect.source.gist import SIZE_LIMIT_BYTES, gist_of, python_text
from okamochi.detect.source.import_lines import Imports, imports_of
from okamochi.detect.source.import_roots import import_root_in
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.root_package import ROOT_MODULE, RootPackage, root_package
from okamochi.errors import DetectionError
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.words import word_set

__all__ = ["Sources", "dotted_name"]

T = TypeVar("T")

WORD = regex(r"[^\W\d]\w*")
SIDE_FOLDERS = word_set(
    "test tests testing example examples sample samples demo demos doc docs migrations alembic scripts "
    "script benchmark benchmarks bench fixtures notebooks build dist site-packages terraform ansible infra "
    ".github .devcontainer .circleci"
)
# of these, what an app may call its own package, too
EXAMPLES = frozenset(["example", "examples", "sample", "samples", "demo", "demos"])
SIDE_FILES = regex(
    r"(test_.*|.*_tests?|tests?|conftest|setup|noxfile|fabfile|versioneer|gunicorn(\.|_|-)?conf.*"
    r"|gunicorn[-_.]?c(onfi|f)g.*)\.py"
)
# what pip installs, and what lies beside it
INSTALLED = regex(r"(|.+?/)(?:lib/python[\d.]+|Lib)/site-packages/")
MOST_MODULES = 10_000
PARTS_OF_ENVIRONMENTS = ("bin", "Scripts", "lib", "Lib", "include")


class Taken(msgspec.Struct, frozen=True):
    """`from shop.store import db as base`: `name` is "db" ("*" for all names), `local` "base", `path` is the
    project's file."""

    name: str
    local: str
    path: str


class Sources(msgspec.Struct, eq=False, dict=True):
    """The Python files of a project that belong to the app; each is read once, and parsed once if at all.

    `paths` leaves out tests, examples, documentation, migrations, scripts (`side_paths` holds those): what
    runs in production does not live there. `package_roots` are folders from which the project's own packages
    are imported once installed, `memory` is what detectors keep of files, each under keys of its own. `gist`
    gives what may be seen of a file, None when it cannot be read; without it, the project's files are asked.
    """

    project: ProjectFiles
    gist: Callable[[str], str | None] | None = None
    modules: dict[str, Module] = msgspec.field(default_factory=dict)
    texts: dict[str, str | None] = msgspec.field(default_factory=dict)
    package_roots: tuple[str, ...] = ()
    memory: dict[tuple[Hashable, ...], Any] = msgspec.field(default_factory=dict)

    @cached_property
    def all_paths(self) -> tuple[str, ...]:
        """Without those of virtual environments, under whatever name they were committed."""
        paths = self.project.files("**/*.py")
        found = {match[1] for path in paths if (match := INSTALLED.match(path)) is not None}
        inside = tuple(f"{one}{part}/" for one in sorted(found) for part in PARTS_OF_ENVIRONMENTS)
        own = tuple(path for path in paths if not path.startswith(inside)) if inside else paths
        if len(own) > MOST_MODULES:  # reading all of /usr took minutes
            folder, number = Counter(path.partition("/")[0] for path in own).most_common(1)[0]
            raise DetectionError(
                f"the folder holds {len(own):,} Python files; {MOST_MODULES:,} are read at most",
                where=f"{folder}/: {number:,} of them",
                hint="give the folder of the app itself, and keep environments and data outside of it",
            )
        return own

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
        return self.remember(("imports", path), lambda: self._imports(path))

    def _imports(self, path: str) -> tuple[Imports, ...]:
        told = imports_of(self.text(path))
        return told if told is not None else self.module(path).of(ast.Import, ast.ImportFrom)

    def taken(self, path: str) -> Iterator[Taken]:
        """What a file takes by name from other files of the project."""
        for node in self.imports(path):
            place = self.find_from(node, importer=path) if isinstance(node, ast.ImportFrom) else None
            if place is not None and place != path:
                yield from (Taken(one.name, one.asname or one.name, place) for one in node.names)

    def module_called(self, name: str, path: str) -> str:
        """The project's module that a file calls by that name: `import name`, `from package import name`; ""
        for all else."""
        for node in self.imports(path):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    found = (
                        self.find_from(node, alias.name, importer=path)
                        if isinstance(node, ast.ImportFrom)
                        else self.find(alias.name, importer=path)
                    )
                    if found:
                        return found
        return ""

    def stars(self, path: str) -> tuple[str, ...]:
        """The project's files from which a file takes every name, the last one first: its names win."""
        return tuple(one.path for one in self.taken(path) if one.name == "*")[::-1]

    def remember(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """What `make` gives, which is asked once for a key."""
        if key not in self.memory:
            self.memory[key] = make()
        found: T = self.memory[key]
        return found

    def text(self, path: str) -> str:
        """The file's gist, not parsed; "" when it cannot be read."""
        return self._read(path) or ""

    def words(self, path: str) -> frozenset[str]:
        """Names and words of a file's gist, those in its strings included."""
        return self.remember(("words", path), lambda: frozenset(WORD.findall(self.text(path))))

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
        """The project's file that `import dotted` would load; the importer's own root is searched first, the
        folder in which it says that its package lies last."""
        roots = (*self._roots(importer), *_above_its_package(dotted, importer))
        return self.remember(("find", dotted, roots), lambda: self._found(dotted.replace(".", "/"), roots))

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

    def import_root(self, path: str) -> str:
        """The folder from which a module is imported."""
        return import_root_in(self, path)

    def leads_above(self, path: str, root: str) -> bool:
        """Whether relative imports of a module go further up than the folder from which it is imported."""
        inside = [
            one
            for one in posixpath.relpath(posixpath.dirname(path) or ".", root or ".").split("/")
            if one != "."
        ]
        return any(isinstance(one, ast.ImportFrom) and one.level > len(inside) for one in self.imports(path))

    def dotted(self, path: str, root: str | None = None) -> str:
        """The name under which a program of the image imports a module, from `root` or the folder that Flask
        would import it from."""
        root = self.import_root(path) if root is None else root
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
            own = self.import_root(importer) if importer else ""
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


def _above_its_package(dotted: str, importer: str) -> tuple[str, ...]:
    """`from shop.model import x` in server/shop/users/routes.py: "server", though shop/users has no
    __init__.py, by which its root would be known."""
    first, folders = dotted.partition(".")[0], importer.split("/")[:-1]
    return ("/".join(folders[: folders.index(first)]),) if first in folders else ()


def dotted_name(path: str, root: str, package: str = "") -> str:
    """The module's name when it is imported from `root`; `package` is that of the project's folder."""
    relative = path.removeprefix(f"{root}/") if root else path
    if package:
        relative = f"{package}/{relative}"
    return relative.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
