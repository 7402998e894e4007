"""Which modules of the installed wheels are imported, directly or by one another, when an app runs.

By text alone: what an import statement names counts, wherever it stands, since it may run any time.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from okamochi.pypi.wheel_tree import FILES_FOLDER, WheelTree

__all__ = ["WheelModule", "imports_in", "modules_of", "reached_modules", "top_names"]

SITE = re.compile(r"lib/python3\.\d+/site-packages/(?P<path>.+)\.py")
ASIDE = re.compile(r"(?:^|/)(?:tests?|testing|examples?|conftest|test_[^/]*|[^/]*_test)(?:/|$)")
SIZE_LIMIT_BYTES = 2_000_000
# Begins with the word itself, which makes it six times as fast as beginning with the line: "from x.himport
# import y" has it twice.
IMPORT = re.compile(rb"import(?![ \t]+import\b)(?:[ \t]+(\([^)]*\)|[^\n#;]*)|_module\(\s*f?[\"']([.\w]+))")
FROM = re.compile(rb"[ \t]*from[ \t]+([.\w]+)[ \t]+")
NAMES = re.compile(rb"\w+(?=\s*(?:,|$|\)|\s+as\b))")
WORD = re.compile(rb"(?<![\w.])[\w.]+")


@dataclass(frozen=True, slots=True)
class WheelModule:
    """`name` is dotted; `path` is that in the tree. A package is its __init__."""

    name: str
    path: str
    tree: WheelTree
    is_package: bool

    @property
    def content(self) -> bytes:
        """Empty for what is too large to be written by a person."""
        with (self.tree.root / FILES_FOLDER / self.path).open("rb") as stream:
            content = stream.read(SIZE_LIMIT_BYTES + 1)
        return content if len(content) <= SIZE_LIMIT_BYTES else b""


def modules_of(trees: Iterable[WheelTree]) -> dict[str, WheelModule]:
    """By dotted name, without what only tests import."""
    found: dict[str, WheelModule] = {}
    for tree in trees:
        for file in tree.files:
            place = SITE.fullmatch(file.path)
            if place is None or ASIDE.search(place["path"]):
                continue
            path = place["path"]
            is_package = path.endswith("/__init__")
            name = path.removesuffix("/__init__").replace("/", ".")
            found[name] = WheelModule(name, file.path, tree, is_package)
    return found


def top_names(tree: WheelTree) -> frozenset[str]:
    """What the wheel lets one import: "yaml" of PyYAML."""
    found = set()
    for file in tree.files:
        path = file.path.partition("/site-packages/")[2]
        first, _, rest = path.partition("/")
        if rest and not first.endswith((".dist-info", ".libs", ".data")):
            found.add(first)
        elif path.endswith((".py", ".so")):
            found.add(path.partition(".")[0])
    return frozenset(found)


def reached_modules(
    modules: Mapping[str, WheelModule], roots: Iterable[str]
) -> Iterator[tuple[WheelModule, bytes]]:
    """Each once, with its text: those of `roots`, the packages above, and what their texts import."""
    waiting = [name for root in roots for name in (root, *above(root))]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        module = modules.get(name)
        if module is None or name in seen:
            continue
        seen.add(name)
        content = module.content
        yield module, content
        for imported in imports_in(module, content):
            waiting += (imported, *above(imported))


def above(name: str) -> Sequence[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def imports_in(module: WheelModule, content: bytes) -> Iterator[str]:
    package = module.name if module.is_package else module.name.rpartition(".")[0]
    for found in IMPORT.finditer(content):
        named, called = found.groups()
        if called:
            yield absolute(called.decode(), package)
            continue
        before = content[content.rfind(b"\n", 0, found.start()) + 1 : found.start()]
        source = FROM.fullmatch(before)
        if source is not None:
            start = absolute(source[1].decode(), package)
            yield start
            for name in NAMES.findall(named.strip(b"() \n")):
                yield f"{start}.{name.decode('utf-8', 'replace')}"
        elif not before.strip(b" \t"):
            for part in named.split(b","):
                word = WORD.search(part)
                if word is not None:
                    yield word[0].decode("utf-8", "replace")


def absolute(name: str, package: str) -> str:
    """ ".pq_ctypes" in the package psycopg.pq is psycopg.pq.pq_ctypes."""
    rest = name.lstrip(".")
    level = len(name) - len(rest)
    if not level:
        return name
    parts = package.split(".")
    parts = parts[: len(parts) - (level - 1)]
    return ".".join((*parts, rest)) if rest else ".".join(parts)
