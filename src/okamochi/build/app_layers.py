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
from okamochi.oci.entry import Entry, EntryKind
from okamochi.oci.packing import LayerRequest, Part, entries_key
from okamochi.system.world import World

if TYPE_CHECKING:
    from okamochi.model.plan import Plan

__all__ = [
    "APP_COMMENT",
    "MOST_SHARES",
    "ROOM_FOR_SHARES",
    "Volumes",
    "app_layers",
    "room_for_shares",
    "shares_of",
]

APP_COMMENT = "app: "
"""How the comments of all these layers begin."""

LARGE_FILE_BYTES = 16_000
SHARE_BYTES = 10_000
# Each more layer costs some 300 bytes of manifest and configuration, which every edit sends.
MOST_SHARES = 22
# Layers that an app leaves free are the wheels'; in steps, so that one more file seldom moves a wheel.
ROOM_FOR_SHARES = (1, 4, 10, MOST_SHARES)
BITS = 32


def app_layers(
    world: World, toolchain: Compiles, volumes: "Volumes", source: SourceFiles
) -> tuple[LayerRequest, ...]:
    """Large files in one layer, everything else shared out over up to MOST_SHARES: a changed line sends a few
    kilobytes, neither pictures nor the rest of a big code base."""
    entries = volumes.owning(source.entries)
    folders = [entry for entry in entries if entry.content is None]
    files = [entry for entry in entries if entry.content is not None]
    large = [entry for entry in files if is_large(entry)]
    shares = shares_of([entry for entry in files if not is_large(entry)])
    bytecode = AppBytecode(world, toolchain, [entry for entry in files if is_code(entry)])
    requests = [app_layer(bytecode, volumes, f"{APP_COMMENT}folders and large files", [*folders, *large])]
    for number, share in enumerate(shares, 1):
        requests.append(app_layer(bytecode, volumes, f"{APP_COMMENT}{number} of {len(shares)}", share))
    return tuple(requests)


def room_for_shares(entries: Iterable[Entry]) -> int:
    """How many layers to keep for the app's shares: at least as many as they take, and seldom another number
    after an edit."""
    files = [entry for entry in entries if entry.content is not None and not is_large(entry)]
    count = len(shares_of(files))
    return next(step for step in ROOM_FOR_SHARES if step >= count)


def is_large(entry: Entry) -> bool:
    return entry.size_bytes >= LARGE_FILE_BYTES and not is_code(entry)


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


def shares_of(files: Sequence[Entry]) -> list[list[Entry]]:
    """Shares of at most SHARE_BYTES, as far as MOST_SHARES of them allow: the largest is halved by the next
    bit of a digest of the path, again and again. A file that comes, goes or grows moves nothing outside its
    own share, but where it changes which one is halved last."""
    if not files:
        return []
    shares = [Share.of("", [(path_bits(entry.path), entry) for entry in files])]
    while len(shares) < MOST_SHARES:
        largest = max((one for one in shares if one.can_be_halved), key=Share.order, default=None)
        if largest is None:
            break
        shares.remove(largest)
        shares += largest.halves()
    return [[entry for _, entry in one.files] for one in sorted(shares, key=lambda one: one.bits)]


def path_bits(path: str) -> str:
    """The first BITS of a digest of the path, as '0' and '1', the lowest one first."""
    return f"{int.from_bytes(hashlib.sha256(path.encode()).digest()[: BITS // 8], 'little'):0{BITS}b}"[::-1]


class Share(msgspec.Struct, frozen=True, eq=False):
    """The files whose digests begin with `bits`, each with its own."""

    bits: str
    files: tuple[tuple[str, Entry], ...]
    size_bytes: int

    @classmethod
    def of(cls, bits: str, files: Sequence[tuple[str, Entry]]) -> "Share":
        return cls(bits, tuple(files), sum(entry.size_bytes for _, entry in files))

    @property
    def can_be_halved(self) -> bool:
        return len(self.files) > 1 and self.size_bytes > SHARE_BYTES and len(self.bits) < BITS

    def order(self) -> tuple[int, str]:
        """The bits decide between two of one size."""
        return self.size_bytes, self.bits

    def halves(self) -> list["Share"]:
        """One, where the next bit is the same for all."""
        sides: dict[str, list[tuple[str, Entry]]] = {"0": [], "1": []}
        for bits, entry in self.files:
            sides[bits[len(self.bits)]].append((bits, entry))
        return [Share.of(self.bits + bit, side) for bit, side in sides.items() if side]


class Volumes(msgspec.Struct, frozen=True):
    """Where volumes are mounted, without the leading slash, and whose they are; `emptied` are folders that
    file systems in memory are mounted over."""

    roots: tuple[str, ...]
    user: int
    group: int
    emptied: tuple[str, ...] = ()

    @classmethod
    def of(cls, plan: "Plan") -> "Volumes":
        roots = tuple(sorted(volume.path.strip("/") for volume in plan.volumes))
        emptied = tuple(sorted(folder.path.strip("/") for folder in plan.temporary_folders))
        return cls(roots, plan.security.run_as_user, plan.security.run_as_group, emptied)

    def owning(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """What the project ships in a volume's folder belongs to the runtime user, as does the folder itself:
        a new volume takes over the owner of what it covers. A file system in memory takes over the mode of
        the folder (runc), which a checkout has where somebody collected files at the desk."""
        return tuple(self._owned(entry) for entry in entries)

    def _owned(self, entry: Entry) -> Entry:
        if entry.path in self.emptied and entry.kind is EntryKind.DIRECTORY:
            return replace(entry, mode=0o1777, uid=self.user, gid=self.group)
        return replace(entry, uid=self.user, gid=self.group) if self.covers(entry.path) else entry

    def covers(self, path: str) -> bool:
        return any(path == root or path.startswith(root + "/") for root in self.roots)
