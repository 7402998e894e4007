"""The app's own layers: large files, small files, code."""

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence

from okamochi.build.app_bytecode import app_bytecode
from okamochi.build.bytecode import BYTECODE_FORMAT
from okamochi.build.frame import LAYER_FORMAT, digest_of, with_ancestors
from okamochi.build.source_files import SourceFiles
from okamochi.build.toolchain import Toolchain
from okamochi.model.plan import Plan
from okamochi.oci.entry import Entry
from okamochi.oci.packing import LayerRequest, Part, entries_key
from okamochi.system.world import World

__all__ = ["app_layers"]

SMALL_FILE_BYTES = 64_000
CODE_BYTES_A_LAYER = 100_000
MOST_CODE_LAYERS = 4


def app_layers(
    world: World, toolchain: Toolchain, plan: Plan, source: SourceFiles
) -> tuple[LayerRequest, ...]:
    """Large files, small files, code: a changed line sends neither pictures nor the rest of a big code base.

    Code is shared out by path over one, two or four layers, so that an edit replaces a small one.
    """
    entries = owned_by_volumes(source.entries, plan)
    code = [entry for entry in entries if is_code(entry)]
    others = [entry for entry in entries if not is_code(entry)]
    large = [entry for entry in others if entry.size_bytes >= SMALL_FILE_BYTES]
    small = [entry for entry in others if entry.size_bytes < SMALL_FILE_BYTES]
    requests = [app_layer("app: large files", large), app_layer("app: files", small)]
    shares = code_shares(code)
    for number, share in enumerate(shares, 1):
        of = f" {number} of {len(shares)}" if len(shares) > 1 else ""
        requests.append(code_layer(world, toolchain, share, f"app: code{of}"))
    return tuple(request for request in requests if request is not None)


def is_code(entry: Entry) -> bool:
    return entry.content is not None and entry.path.endswith(".py")


def app_layer(comment: str, entries: Sequence[Entry]) -> LayerRequest | None:
    if not entries:
        return None
    key = digest_of(f"app {LAYER_FORMAT} {entries_key(entries)}")
    part = Part(key=key, entries=lambda: with_ancestors(entries))
    return LayerRequest(parts=(part,), comment=comment)


def code_layer(world: World, toolchain: Toolchain, code: Sequence[Entry], comment: str) -> LayerRequest:
    key = digest_of(f"code {LAYER_FORMAT} {BYTECODE_FORMAT} {toolchain.identity} {entries_key(code)}")

    def entries() -> Iterable[Entry]:
        return with_ancestors((*code, *app_bytecode(world, toolchain, code)))

    return LayerRequest(parts=(Part(key=key, entries=entries),), comment=comment)


def code_shares(code: Sequence[Entry]) -> list[list[Entry]]:
    """By a digest of the path, so that a file stays where it is while others come and go. The number of
    shares moves in powers of two, which splits shares and moves nothing between those that stay."""
    total = sum(entry.size_bytes for entry in code)
    count = 1
    while count < MOST_CODE_LAYERS and total > count * CODE_BYTES_A_LAYER:
        count *= 2
    shares: list[list[Entry]] = [[] for _ in range(count)]
    for entry in code:
        shares[hashlib.sha256(entry.path.encode()).digest()[0] % count].append(entry)
    return [share for share in shares if share]


def owned_by_volumes(entries: Iterable[Entry], plan: Plan) -> tuple[Entry, ...]:
    """What the project ships inside a volume's folder belongs to the runtime user, like the folder."""
    roots = tuple(volume.path.strip("/") for volume in plan.volumes)
    user, group = plan.security.run_as_user, plan.security.run_as_group
    return tuple(
        dataclasses.replace(entry, uid=user, gid=group)
        if any(entry.path == root or entry.path.startswith(root + "/") for root in roots)
        else entry
        for entry in entries
    )
