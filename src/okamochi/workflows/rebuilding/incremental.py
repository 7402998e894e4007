"""An image again, without planning, after a change of files that planning never read, such as templates, and
of what it does not see of modules: sentences, comments.

What else planning read is planned again. The image is what a full build would make, to the byte; tests hold
both against each other.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from okamochi.build.app_layers import Volumes, app_layers, room_for_shares
from okamochi.build.bytecode import Interpreter
from okamochi.build.source_files import Contents, SourceFiles
from okamochi.errors import BuildError
from okamochi.oci.image import Image
from okamochi.oci.packing import pack_layers
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World
from okamochi.workflows.layers.compiling import Compiling, KnownToolchain, entry_of
from okamochi.workflows.mending.imported import imports_digest
from okamochi.workflows.rebuilding.outside import is_outside
from okamochi.workflows.rebuilding.remembered import BuiltImage

if TYPE_CHECKING:
    from okamochi.workflows.rebuilding.seen import Seen

__all__ = ["SameTree", "packed", "rebuild_facts", "rebuilt", "through_link", "with_proof"]


def rebuild_facts(
    root: Path,
    source: SourceFiles,
    volumes: Volumes,
    interpreter: Interpreter | None,
    *,
    seen: "Seen",
    below: int,
    exclude: Sequence[str] | None,
    alone: bool = True,
) -> dict[str, Any]:
    """What `rebuilt` needs, as JSON values; empty when this project cannot be rebuilt in this way.

    `seen` is what planning saw; `below` is the number of layers below the app's; `exclude` are
    the patterns that left files out, None when more than that decided. A project in
    which planning read through a link has to be planned each time: what it read bears another name; so has
    one that is not `alone`, whose files are built into packages.
    """
    if interpreter is None or not alone or any(through_link(root, path) for path in seen.read):
        return {}
    if any(entry.path.split("/")[0] != "app" for entry in source.entries):
        return {}  # a file of another name in the image
    return {
        "entries": [[entry.path, entry.kind.value, entry.mode, entry.target] for entry in source.entries],
        "volumes": msgspec.structs.astuple(volumes),
        "interpreter": msgspec.structs.astuple(interpreter),
        "read": sorted(seen.whole),
        "gists": dict(seen.gists),
        "imports": imports_digest(root, (entry.path for entry in source.entries)),
        "below": below,
        "shares": room_for_shares(source.entries),
        "exclude": None if source.special or exclude is None else list(exclude),
    }


def through_link(root: Path, path: str) -> bool:
    """Of a file of the project's; what lies beside it is compared by its content (see `outside`)."""
    return not is_outside(path) and (root / path).resolve() != root / path


def rebuilt(world: World, files: "SameTree") -> BuiltImage | None:
    """None when a change may concern the plan, or is one that a full build has to judge."""
    root, built, known = files.root, files.built, files.known
    planned = planned_alike(root, built, files.changed)
    if planned is None:
        return None
    image = packed(world, files)
    if image is None:
        return None
    # a gist has what a module imports
    unknown = any(path.endswith(".py") and path not in known["gists"] for path in files.changed)
    return with_proof(msgspec.structs.replace(planned, image=image), built, root, same_imports=not unknown)


def with_proof(
    again: BuiltImage, before: BuiltImage, root: Path, *, same_imports: bool = False
) -> BuiltImage:
    """What was proved of the image before holds where modules import the same: see prove_entry.key_of."""
    imports = again.rebuild["imports"]
    if not same_imports:
        imports = imports_digest(root, (path for path, *_ in again.rebuild["entries"]))
    proved_as = before.proved_as or str(before.image.digest)
    return msgspec.structs.replace(
        again,
        rebuild={**again.rebuild, "imports": imports},
        proved_as=proved_as if imports == before.rebuild["imports"] else "",
    )


def packed(world: World, files: "SameTree") -> Image | None:
    """The last image with the project's files as they are now, all of them known to it; None when one is no
    valid Python, or the Python that compiled last time is gone from the cache: a full build fetches it, or
    tells what is wrong."""
    root, built, known = files.root, files.built, files.known
    if not Path(known["interpreter"][0][0]).exists():
        return None
    roots, user, group, emptied = known["volumes"]
    volumes = Volumes(tuple(roots), user, group, tuple(emptied))
    contents = Contents()
    source = SourceFiles(tuple(entry_of(root, row, contents) for row in known["entries"]))
    if room_for_shares(source.entries) != known["shares"]:
        return None  # the wheels may share their layers in another way
    requests = app_layers(world, KnownToolchain.of(known), volumes, source)
    if files.compiling is not None and not files.compiling.went_well():
        return None
    try:
        layers = pack_layers(world.cache, requests, epoch_seconds=world.clock.epoch_seconds)
    except BuildError:
        return None
    annotations = json.loads(built.image.manifest_bytes).get("annotations", {})
    return Image(
        config=built.image.config,
        layers=(*built.image.layers[: known["below"]], *layers),
        annotations=tuple(sorted(annotations.items())),
    )


def planned_alike(root: Path, built: BuiltImage, changed: tuple[str, ...]) -> BuiltImage | None:
    """The last build, with what planning would say and see now; None when it may see more of the change than
    moved lines."""
    known = built.rebuild
    read, gists = frozenset(known["read"]), known["gists"]
    if not read.isdisjoint(changed):
        return None
    modules = [path for path in changed if path in gists]
    if not modules:
        return built
    from okamochi.detect.source.gist import gist_digest
    from okamochi.workflows.rebuilding.seen import present_gist

    project = DiskProject(root)
    planned: BuiltImage | None = built
    for path in modules:
        gist = present_gist(project, path)
        if gist is None or planned is None:
            return None
        if gist_digest(gist) != gists[path]:
            from okamochi.workflows.rebuilding.idle_edits import with_idle_edit

            planned = with_idle_edit(root, planned, path, gist)
    return planned


class SameTree(msgspec.Struct, frozen=True):
    """The files of the last build, after a change that is one of content alone. `compiling` is what compiles
    the changed modules meanwhile, whatever comes of the rest; None without such."""

    root: Path
    built: BuiltImage
    changed: tuple[str, ...]
    compiling: Compiling | None = None

    @property
    def known(self) -> dict[str, Any]:
        return self.built.rebuild

    @property
    def only_modules(self) -> bool:
        """Whether nothing changed that planning, or the lock, read as it is."""
        return frozenset(self.known["read"]).isdisjoint(self.changed)

    @property
    def enters_alike(self) -> bool:
        """Whether the same files enter the image: archives are left out by what is in them."""
        return self.known["exclude"] is not None and not any(path.endswith(".tar") for path in self.changed)

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
