"""What compiles the modules that changed, beside the look at the change.

That is the longest step of a rebuild after an edit: it is begun before what the rest needs is imported.
"""

import stat
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from okamochi.build.app_bytecode import compile_quietly
from okamochi.build.bytecode import Interpreter
from okamochi.build.source_files import LARGEST_FILE_BYTES, Contents, image_mode
from okamochi.oci.entry import Entry, EntryKind
from okamochi.system.world import World

__all__ = ["Compiling", "KnownToolchain", "are_plain", "compiled_ahead", "entry_of"]


class KnownToolchain(msgspec.Struct, frozen=True):
    """The Python that compiled last time."""

    identity: str
    known: Interpreter

    @classmethod
    def of(cls, known: dict[str, Any]) -> "KnownToolchain":
        argv, tag, identity, *kept_in = known["interpreter"]
        if not kept_in:
            return cls(identity, Interpreter(tuple(argv), tag, identity))
        from okamochi.workflows.layers.kept_in import KeptIn

        return cls(identity, KeptIn(tuple(argv), tag, identity, *kept_in))

    def interpreter(self) -> Interpreter:
        return self.known

    @property
    def started(self) -> Interpreter:
        return self.known


class Compiling(threading.Thread):
    """Compiles what changed, while something else is done."""

    def __init__(self, world: World, known: dict[str, Any], code: Sequence[Entry]) -> None:
        super().__init__()
        self._asked = (world, KnownToolchain.of(known), code)
        self._valid = False

    def run(self) -> None:
        self._valid = compile_quietly(*self._asked)

    def went_well(self) -> bool:
        """Waits for it. False when something is no valid Python or could not be compiled now."""
        self.join()
        return self._valid


def are_plain(root: Path, known: dict[str, Any], changed: Sequence[str]) -> bool:
    """Whether the change is one of content alone."""
    modes = modes_of(known)
    return all(is_plain(root, path, modes) for path in changed)


def compiled_ahead(
    world: World, root: Path, known: dict[str, Any], changed: tuple[str, ...]
) -> Compiling | None:
    """Compiles what changed of the image's code; None without such."""
    modules = {f"app/{path}" for path in changed if path.endswith(".py")}
    rows = [row for row in known["entries"] if row[0] in modules and row[1] == EntryKind.FILE.value]
    if not rows or not Path(known["interpreter"][0][0]).exists():
        return None
    contents = Contents()
    try:
        code = [entry_of(root, row, contents) for row in rows]
    except OSError:
        return None
    compiling = Compiling(world, known, code)
    compiling.start()
    return compiling


def modes_of(known: dict[str, Any]) -> dict[str, int]:
    """In the image, by the path there."""
    return {path: mode for path, _, mode, _ in known["entries"]}


def is_plain(root: Path, path: str, modes: Mapping[str, int]) -> bool:
    """A regular file, with the mode in the image that it had."""
    facts = (root / path).lstat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_FILE_BYTES:
        return False
    mode = modes.get(f"app/{path}")
    return mode is None or mode == image_mode(facts.st_mode)


def entry_of(root: Path, row: list[Any], contents: Contents) -> Entry:
    path, kind, mode, target = row
    content = None
    if kind == EntryKind.FILE.value:
        content = contents.of(root / path.removeprefix("app/"))
    return Entry(path, EntryKind(kind), mode, "app", content=content, target=target)
