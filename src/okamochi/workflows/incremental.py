"""An image again after a change of some files, without planning: for changes that planning cannot see.

Planning looks at the files that it reads, and of Python files at their syntax trees. So what it never read
may change as it likes (templates, styles, data), and Python files in comments and layout. The image
is what a full build would make, to the byte; a test holds both against each other. Line numbers in the
remembered plan's evidence may be old: `okamochi plan` never uses it.
"""

import ast
import dataclasses
import json
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from okamochi.build.app_layers import Volumes, app_layers
from okamochi.build.bytecode import Interpreter
from okamochi.build.source_files import LARGEST_FILE_BYTES, SourceFiles
from okamochi.oci.entry import Entry, EntryKind, FileContent
from okamochi.oci.image import Image
from okamochi.oci.packing import pack_layers
from okamochi.system.world import World
from okamochi.workflows.remembered import BuiltImage

__all__ = ["rebuild_facts", "rebuilt"]

MOST_SOURCE_BYTES = 2_000_000


@dataclass(frozen=True)
class KnownToolchain:
    """The Python that compiled last time."""

    identity: str
    known: Interpreter

    def interpreter(self) -> Interpreter:
        return self.known


def rebuild_facts(
    root: Path,
    source: SourceFiles,
    volumes: Volumes,
    interpreter: Interpreter | None,
    read: Iterable[str],
    below: int,
) -> dict[str, Any]:
    """What `rebuilt` needs, as JSON values; empty when this project cannot be rebuilt in this way.

    `read` are the paths that planning read; `below` is the number of layers below the app's.
    """
    sources = python_sources(root, read)
    if sources is None or interpreter is None:
        return {}
    return {
        "entries": [[entry.path, entry.kind.value, entry.mode, entry.target] for entry in source.entries],
        "volumes": dataclasses.astuple(volumes),
        "interpreter": [interpreter.argv, interpreter.tag, interpreter.identity],
        "read": sorted(read),
        "sources": sources,
        "below": below,
    }


def python_sources(root: Path, read: Iterable[str]) -> dict[str, str] | None:
    """The text of the Python files that planning read; None when they are too much to remember."""
    found: dict[str, str] = {}
    size_bytes = 0
    for path in sorted(read):
        if path.endswith(".py") and (content := bytes_of(root / path)) is not None:
            size_bytes += len(content)
            found[path] = content.decode("latin-1")
    return found if size_bytes <= MOST_SOURCE_BYTES else None


def rebuilt(world: World, root: Path, built: BuiltImage, changed: tuple[str, ...]) -> BuiltImage | None:
    """None when a change may concern the plan, or is one that a full build has to judge."""
    known = built.rebuild
    if not known or not all(harmless(root, path, known) for path in changed):
        return None
    argv, tag, identity = known["interpreter"]
    interpreter = Interpreter(tuple(argv), tag, identity)
    if not Path(interpreter.argv[0]).exists():
        return None
    roots, user, group = known["volumes"]
    source = SourceFiles(tuple(entry_of(root, row) for row in known["entries"]))
    toolchain = KnownToolchain(interpreter.identity, interpreter)
    requests = app_layers(world, toolchain, Volumes(tuple(roots), user, group), source)
    layers = pack_layers(world.cache, requests, epoch_seconds=world.clock.epoch_seconds)
    annotations = json.loads(built.image.manifest_bytes).get("annotations", {})
    image = Image(
        config=built.image.config,
        layers=(*built.image.layers[: known["below"]], *layers),
        annotations=tuple(sorted(annotations.items())),
    )
    changed_sources = {path: text for path in changed if (text := source_text(root, path, known)) is not None}
    rebuild = {**known, "sources": {**known["sources"], **changed_sources}}
    return dataclasses.replace(built, image=image, rebuild=rebuild)


def harmless(root: Path, path: str, known: dict[str, Any]) -> bool:
    """A regular file whose change planning cannot see."""
    facts = (root / path).lstat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_FILE_BYTES:
        return False
    mode = next((row[2] for row in known["entries"] if row[0] == f"app/{path}"), None)
    if mode is not None and mode != (0o755 if facts.st_mode & 0o100 else 0o644):
        return False
    if path not in known["read"]:
        return True
    now = source_text(root, path, known)
    return now is not None and same_tree(known["sources"][path], now)


def source_text(root: Path, path: str, known: dict[str, Any]) -> str | None:
    """Latin-1, which holds any bytes; None when planning did not read the file as Python."""
    content = bytes_of(root / path) if path in known["sources"] else None
    return None if content is None else content.decode("latin-1")


def same_tree(before: str, after: str) -> bool:
    try:
        trees = [ast.dump(ast.parse(text.encode("latin-1"))) for text in (before, after)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return trees[0] == trees[1]


def entry_of(root: Path, row: list[Any]) -> Entry:
    path, kind, mode, target = row
    content = None
    if kind == EntryKind.FILE.value:
        content = FileContent.of(root / path.removeprefix("app/"))
    return Entry(path, EntryKind(kind), mode, "app", content=content, target=target)


def bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
