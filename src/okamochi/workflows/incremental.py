"""An image again, without planning, after a change of files that planning never read: templates, styles.

A file that planning read, Python or not, is planned again. The image is what a full build would make, to the
byte; tests hold both against each other.
"""

import json
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from okamochi.build.app_bytecode import compile_quietly
from okamochi.build.app_layers import Volumes, app_layers
from okamochi.build.bytecode import Interpreter
from okamochi.build.source_files import LARGEST_FILE_BYTES, Contents, SourceFiles, image_mode
from okamochi.errors import BuildError
from okamochi.oci.entry import Entry, EntryKind
from okamochi.oci.image import Image
from okamochi.oci.packing import pack_layers
from okamochi.system.world import World
from okamochi.workflows.outside import is_outside
from okamochi.workflows.remembered import BuiltImage

if TYPE_CHECKING:
    from threading import Thread

__all__ = ["SameTree", "rebuild_facts", "rebuilt", "same_tree"]


class KnownToolchain(msgspec.Struct, frozen=True):
    """The Python that compiled last time."""

    identity: str
    known: Interpreter

    @classmethod
    def of(cls, known: dict[str, Any]) -> "KnownToolchain":
        argv, tag, identity = known["interpreter"]
        return cls(identity, Interpreter(tuple(argv), tag, identity))

    def interpreter(self) -> Interpreter:
        return self.known

    @property
    def started(self) -> Interpreter:
        return self.known


def rebuild_facts(
    root: Path,
    source: SourceFiles,
    volumes: Volumes,
    interpreter: Interpreter | None,
    *,
    read: Iterable[str],
    below: int,
    exclude: Sequence[str] | None,
    alone: bool = True,
) -> dict[str, Any]:
    """What `rebuilt` needs, as JSON values; empty when this project cannot be rebuilt in this way.

    `read` are the paths that planning read; `below` is the number of layers below the app's; `exclude` are
    the patterns that left files out, None when more than that decided. A project in
    which planning read through a link has to be planned each time: what it read bears another name; so has
    one that is not `alone`, whose files are built into packages.
    """
    if interpreter is None or not alone or any(through_link(root, path) for path in read):
        return {}
    if any(entry.path.split("/")[0] != "app" for entry in source.entries):
        return {}  # a file of another name in the image
    return {
        "entries": [[entry.path, entry.kind.value, entry.mode, entry.target] for entry in source.entries],
        "volumes": msgspec.structs.astuple(volumes),
        "interpreter": [interpreter.argv, interpreter.tag, interpreter.identity],
        "read": sorted(read),
        "below": below,
        "exclude": None if source.special or exclude is None else list(exclude),
    }


def through_link(root: Path, path: str) -> bool:
    """Of a file of the project's; what lies beside it is compared by its content (see `outside`)."""
    return not is_outside(path) and (root / path).resolve() != root / path


def rebuilt(world: World, root: Path, built: BuiltImage, changed: tuple[str, ...]) -> BuiltImage | None:
    """None when a change may concern the plan, or is one that a full build has to judge."""
    known = built.rebuild
    if not known:
        return None
    read, modes = frozenset(known["read"]), modes_of(known)
    if not all(path not in read and is_plain(root, path, modes) for path in changed):
        return None
    toolchain = KnownToolchain.of(known)
    if not Path(toolchain.known.argv[0]).exists():
        return None
    roots, user, group = known["volumes"]
    contents = Contents()
    source = SourceFiles(tuple(entry_of(root, row, contents) for row in known["entries"]))
    requests = app_layers(world, toolchain, Volumes(tuple(roots), user, group), source)
    try:
        layers = pack_layers(world.cache, requests, epoch_seconds=world.clock.epoch_seconds)
    except BuildError:
        # The remembered Python may be gone from the cache; a full build fetches it, or tells what is wrong.
        return None
    annotations = json.loads(built.image.manifest_bytes).get("annotations", {})
    image = Image(
        config=built.image.config,
        layers=(*built.image.layers[: known["below"]], *layers),
        annotations=tuple(sorted(annotations.items())),
    )
    # what the proof is of, beside modules, is the same: see prove_entry.key_of
    code = any(path.endswith(".py") for path in changed)
    proved_as = "" if code else built.proved_as or str(built.image.digest)
    return msgspec.structs.replace(built, image=image, proved_as=proved_as)


class SameTree(msgspec.Struct, frozen=True):
    """The files of the last build: which of them enter the image is the same, only what some hold is not."""

    root: Path
    known: dict[str, Any]
    changed: tuple[str, ...]

    def source(self, exclude: Sequence[str]) -> SourceFiles | None:
        """As `read_source` gives it, without asking more than a hundred patterns about each file; None when
        the patterns are others now."""
        if self.known["exclude"] != list(exclude):
            return None
        contents = Contents()
        try:
            return SourceFiles(tuple(entry_of(self.root, row, contents) for row in self.known["entries"]))
        except OSError:
            return None  # gone or unreadable meanwhile: who walks the tree tells it well

    def compiled_ahead(self, world: World) -> "Thread | None":
        """Compiles what changed while somebody else plans: neither needs the other. None without code."""
        changed = {f"app/{path}" for path in self.changed if path.endswith(".py")}
        rows = [row for row in self.known["entries"] if row[0] in changed and row[1] == EntryKind.FILE.value]
        if not rows or not Path(self.known["interpreter"][0][0]).exists():
            return None
        from threading import Thread

        contents = Contents()
        try:
            code = [entry_of(self.root, row, contents) for row in rows]
        except OSError:
            return None
        thread = Thread(target=compile_quietly, args=(world, KnownToolchain.of(self.known), code))
        thread.start()
        return thread


def same_tree(root: Path, built: BuiltImage, changed: tuple[str, ...]) -> SameTree | None:
    """None when one of the changes may be more than one of content."""
    known = built.rebuild
    if not known or known["exclude"] is None:
        return None
    archives = any(path.endswith(".tar") for path in changed)  # images are left out by what is in them
    modes = modes_of(known)
    plain = not archives and all(is_plain(root, path, modes) for path in changed)
    return SameTree(root, known, changed) if plain else None


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
