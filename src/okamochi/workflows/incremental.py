"""An image again, without planning, after a change of files that planning never read: templates, styles.

A file that planning read, Python or not, is planned again. The image is what a full build would make, to the
byte; tests hold both against each other.
"""

import json
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

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

__all__ = ["rebuild_facts", "rebuilt"]


class KnownToolchain(msgspec.Struct, frozen=True):
    """The Python that compiled last time."""

    identity: str
    known: Interpreter

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
    alone: bool = True,
) -> dict[str, Any]:
    """What `rebuilt` needs, as JSON values; empty when this project cannot be rebuilt in this way.

    `read` are the paths that planning read; `below` is the number of layers below the app's. A project in
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
    }


def through_link(root: Path, path: str) -> bool:
    """Of a file of the project's; what lies beside it is compared by its content (see `outside`)."""
    return not is_outside(path) and (root / path).resolve() != root / path


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
    contents = Contents()
    source = SourceFiles(tuple(entry_of(root, row, contents) for row in known["entries"]))
    toolchain = KnownToolchain(interpreter.identity, interpreter)
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


def harmless(root: Path, path: str, known: dict[str, Any]) -> bool:
    """A regular file whose change planning cannot see."""
    facts = (root / path).lstat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_FILE_BYTES:
        return False
    mode = next((row[2] for row in known["entries"] if row[0] == f"app/{path}"), None)
    if mode is not None and mode != image_mode(facts.st_mode):
        return False
    return path not in known["read"]


def entry_of(root: Path, row: list[Any], contents: Contents) -> Entry:
    path, kind, mode, target = row
    content = None
    if kind == EntryKind.FILE.value:
        content = contents.of(root / path.removeprefix("app/"))
    return Entry(path, EntryKind(kind), mode, "app", content=content, target=target)
