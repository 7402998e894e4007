"""The app's own layers: large files, and small shares of everything else."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from okamochi.build.app_bytecode import AppBytecode, Compiles
from okamochi.build.bytecode import BYTECODE_FORMAT
from okamochi.build.frame import LAYER_FORMAT, digest_of, with_ancestors
from okamochi.build.source_files import SourceFiles
from okamochi.oci.entry import Entry
from okamochi.oci.packing import LayerRequest, Part, entries_key
from okamochi.system.world import World

if TYPE_CHECKING:
    from okamochi.model.plan import Plan

__all__ = ["Volumes", "app_layers"]

LARGE_FILE_BYTES = 16_000
SHARE_BYTES = 10_000
# Each more layer costs some 280 bytes of manifest and configuration, sent with every edit: more than
# thirty-two would cost more than what smaller shares save.
DEEPEST_SPLIT = 5


def app_layers(
    world: World, toolchain: Compiles, volumes: "Volumes", source: SourceFiles
) -> tuple[LayerRequest, ...]:
    """Large files in one layer, everything else shared out over up to thirty-two: a changed line sends a few
    kilobytes, neither pictures nor the rest of a big code base."""
    entries = volumes.owning(source.entries)
    folders = [entry for entry in entries if entry.content is None]
    files = [entry for entry in entries if entry.content is not None]
    large = [entry for entry in files if entry.size_bytes >= LARGE_FILE_BYTES and not is_code(entry)]
    shares = shares_of([entry for entry in files if entry.size_bytes < LARGE_FILE_BYTES or is_code(entry)])
    bytecode = AppBytecode(world, toolchain, [entry for entry in files if is_code(entry)])
    requests = [app_layer(bytecode, volumes, "app: folders and large files", [*folders, *large])]
    for number, share in enumerate(shares, 1):
        requests.append(app_layer(bytecode, volumes, f"app: {number} of {len(shares)}", share))
    return tuple(requests)


def is_code(entry: Entry) -> bool:
    return entry.content is not None and entry.path.endswith(".py")


def app_layer(
    bytecode: AppBytecode, volumes: "Volumes", comment: str, files: Sequence[Entry]
) -> LayerRequest:
    """Files and the bytecode of those that are code."""
    code = [entry for entry in files if is_code(entry)]
    made_by = f"{BYTECODE_FORMAT} {bytecode.toolchain.identity}" if code else ""
    key = digest_of(f"app {LAYER_FORMAT} {made_by} {volumes} {entries_key(files)}")

    def entries() -> Iterable[Entry]:
        return volumes.owning(with_ancestors((*files, *bytecode.entries(code))))

    return LayerRequest(parts=(Part(key=key, entries=entries),), comment=comment)


def shares_of(files: Sequence[Entry], depth: int = 0) -> list[list[Entry]]:
    """Shares of at most SHARE_BYTES, as far as DEEPEST_SPLIT allows: halved by one bit of a digest of the
    path at a time, so that a file that comes, goes or grows moves nothing outside its own share."""
    if not files:
        return []
    if depth == DEEPEST_SPLIT or sum(entry.size_bytes for entry in files) <= SHARE_BYTES:
        return [list(files)]
    halves: tuple[list[Entry], list[Entry]] = ([], [])
    for entry in files:
        halves[path_bit(entry.path, depth)].append(entry)
    return [*shares_of(halves[0], depth + 1), *shares_of(halves[1], depth + 1)]


def path_bit(path: str, depth: int) -> int:
    return hashlib.sha256(path.encode()).digest()[0] >> depth & 1


class Volumes(msgspec.Struct, frozen=True):
    """Where volumes are mounted, without the leading slash, and whose they are."""

    roots: tuple[str, ...]
    user: int
    group: int

    @classmethod
    def of(cls, plan: "Plan") -> "Volumes":
        roots = tuple(sorted(volume.path.strip("/") for volume in plan.volumes))
        return cls(roots, plan.security.run_as_user, plan.security.run_as_group)

    def owning(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """What the project ships in a volume's folder belongs to the runtime user, as does the folder itself:
        a new volume takes over the owner of what it covers."""
        return tuple(
            replace(entry, uid=self.user, gid=self.group) if self.covers(entry.path) else entry
            for entry in entries
        )

    def covers(self, path: str) -> bool:
        return any(path == root or path.startswith(root + "/") for root in self.roots)
