"""Whether any Python of an app or of its wheels has the name of a program or of a library in a text.

Weaker than a call that is seen: it decides only about packages that the project itself names."""

import mmap
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from okamochi.pypi.module_graph import WheelModule, modules_of, reached_modules, top_names
from okamochi.pypi.native_scan import MENTIONS, ProgramUse, WheelScan
from okamochi.pypi.wheel_tree import FILES_FOLDER, WheelTree
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["Mentions"]

ASIDE = regex(r"(?:^|/)(?:tests?|docs?|node_modules|\.venv|venv)/|(?:^|/)(?:test_[^/]*|setup|conftest)\.py$")
OPENS = regex(rb"ctypes|cffi|dlopen|find_library")
LIMIT_BYTES = 1_500_000
# letters of a name that are no accident in compiled code
SPECIFIC = 8
NAMED = rb"[\"'](?:/usr(?:/local)?/bin/|/bin/)?%s(?:[\"']|[ \t][^\"'\n]*[\"'])"
OPENED = rb"[\"'](?:lib)?%s(?:[-.*\d][^\"'\n]*)?[\"']"


@dataclass(frozen=True)
class Mentions:
    """Each question reads texts that are held; the answer says where: "app.py:3", "pydub 0.25 (utils.py)"."""

    project: ProjectFiles
    scan: WheelScan

    @cached_property
    def own(self) -> tuple[tuple[str, bytes], ...]:
        found = []
        for path in self.project.files("**/*.py"):
            if not ASIDE.search(path):
                found.append((path, self.project.read_bytes(path, limit_bytes=LIMIT_BYTES) or b""))
        return tuple(found)

    @cached_property
    def imported(self) -> tuple[tuple[str, bytes], ...]:
        """Of all modules of the packages that the app's own code imports."""
        asked = {name.partition(".")[0] for name in self.scan.own_modules}
        trees = [tree for tree in self.scan.trees if top_names(tree) & asked]
        return tuple((place_of(module), module.content) for module in modules_of(trees).values())

    @cached_property
    def running(self) -> tuple[tuple[str, bytes], ...]:
        """Of modules of all wheels that run when the app does."""
        roots = [name for tree in self.scan.trees for name in sorted(top_names(tree))]
        found = reached_modules(modules_of(self.scan.trees), (*roots, *self.scan.own_modules))
        return tuple((place_of(module), content) for module, content in found)

    @cached_property
    def uses(self) -> tuple[ProgramUse, ...]:
        return tuple(self.scan.started())

    def in_own_code(self, name: str) -> str:
        pattern = re.compile(NAMED % re.escape(name.encode()))
        for path, content in self.own:
            if found := pattern.search(content):
                line = content.count(b"\n", 0, found.start()) + 1
                return f"{path}:{line}"
        return ""

    def in_imported(self, name: str, *, starting: bool) -> str:
        """`starting`: only where programs are started at all; the name is a word of every day."""
        pattern = re.compile(NAMED % re.escape(name.encode()))
        for place, content in self.imported:
            if pattern.search(content) and (not starting or MENTIONS.search(content)):
                return place
        return ""

    def in_purpose(self, names: tuple[str, ...]) -> str:
        """Of a package that is there to start one of the programs, or tells to install it."""
        for use in self.uses:
            if use.need.names[0] in names and (use.purpose or use.installs & set(names)):
                return f"{use.need.wheel} ({use.need.path}:{use.need.line})"
        return ""

    def of_library(self, soname: str) -> str:
        """In Python that opens libraries, and in native code, which may open one by its name, too."""
        stem = soname.removeprefix("lib").partition(".so")[0]
        pattern = re.compile(OPENED % re.escape(stem.encode()))
        for place, content in (*self.own, *self.running):
            if OPENS.search(content) and pattern.search(content):
                return place
        return self.in_native_code(f"lib{stem}.so".encode(), self.scan.libraries)

    def in_native_programs(self, names: tuple[str, ...]) -> str:
        """In compiled programs of packages that the app imports (selenium's looks for chromedriver)."""
        asked = {name.partition(".")[0] for name in self.scan.own_modules}
        programs = tuple(
            (tree, path)
            for tree, path in self.scan.libraries
            if ".so" not in path.rpartition("/")[2] and top_names(tree) & asked
        )
        found = (self.in_native_code(name.encode(), programs) for name in names if len(name) >= SPECIFIC)
        return next(filter(None, found), "")

    def in_native_code(self, name: bytes, files: Sequence[tuple[WheelTree, str]]) -> str:
        for tree, path in files:
            with (tree.root / FILES_FOLDER / path).open("rb") as stream:
                try:
                    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                        if content.find(name) >= 0:
                            return f"{tree.wheel.name} {tree.wheel.version} ({path.rpartition('/')[2]})"
                except ValueError:  # an empty file
                    continue
        return ""


def place_of(module: WheelModule) -> str:
    wheel = module.tree.wheel
    path = module.path.partition("/site-packages/")[2] or module.path
    return f"{wheel.name} {wheel.version} ({path})"
