"""What lies in a stack of layers, as a container sees it: paths with their facts, whiteouts applied."""

import gzip
import hashlib
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import zstandard

from okamochi.errors import BuildError
from okamochi.oci.layer import OPAQUE, WHITEOUT
from okamochi.system.archive_damages import archive_damages

__all__ = ["PathFacts", "tree_of_layers"]

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class PathFacts:
    """`content` is the sha256 of a file's bytes or a link's target; times are no part of it."""

    kind: str
    mode: int
    uid: int
    gid: int
    content: str = ""


def tree_of_layers(layers: Iterable[Path]) -> dict[str, PathFacts]:
    """Paths without leading slash. BuildError for a layer that cannot be read."""
    found: dict[str, PathFacts] = {}
    for layer in layers:
        try:
            with opened(layer) as archive:
                overlay(found, archive)
        except archive_damages(OSError, zstandard.ZstdError) as error:
            raise BuildError(
                f"a layer cannot be read: {error}", where=str(layer), hint="build the image again"
            ) from error
    return found


@contextmanager
def opened(path: Path) -> Iterator[tarfile.TarFile]:
    with path.open("rb") as raw:
        start = raw.read(4)
        raw.seek(0)
        stream: IO[bytes] = raw
        if start.startswith(GZIP):
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
        elif start == ZSTD:
            stream = zstandard.ZstdDecompressor().stream_reader(raw)
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            yield archive


def overlay(found: dict[str, PathFacts], archive: tarfile.TarFile) -> None:
    """One layer over those below. Hard links take the facts of what they point to."""
    fresh: dict[str, PathFacts] = {}
    removed: list[str] = []
    emptied: list[str] = []
    for member in archive:
        path = member.name.removeprefix("./").strip("/")
        folder, _, name = path.rpartition("/")
        if name == OPAQUE:
            emptied.append(folder)
        elif name.startswith(WHITEOUT):
            removed.append(f"{folder}/{name[len(WHITEOUT) :]}".strip("/"))
        elif path and path != ".":
            linked = member.linkname.removeprefix("./").strip("/")
            known = fresh.get(linked) or found.get(linked) if member.islnk() else None
            fresh[path] = known or facts_of(archive, member)
    for path in list(found):
        gone = any(path == one or path.startswith(f"{one}/") for one in removed)
        if gone or any(path.startswith(f"{one}/") for one in emptied):
            del found[path]
    for path, facts in fresh.items():
        if facts.kind != "folder" and path in found and found[path].kind == "folder":
            for below in [one for one in found if one.startswith(f"{path}/")]:
                del found[below]
        found[path] = facts


def facts_of(archive: tarfile.TarFile, member: tarfile.TarInfo) -> PathFacts:
    kind, content = "other", ""
    if member.isreg():
        stream = cast("Any", archive.extractfile(member))
        kind, content = "file", hashlib.file_digest(stream, "sha256").hexdigest()
    elif member.isdir():
        kind = "folder"
    elif member.issym():
        kind, content = "link", member.linkname
    mode = 0o777 if member.issym() else member.mode & 0o7777
    return PathFacts(kind, mode, member.uid, member.gid, content)
