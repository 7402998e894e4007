"""The file of a backup: a tar archive with a manifest first, then one member for each part, with digests."""

import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from okamochi.errors import UsageError
from okamochi.oci.digest import Digest
from okamochi.system.archive_damages import archive_damages

__all__ = ["FORMAT", "BackupFile", "Manifest", "Part", "write_backup"]

FORMAT = 1
MANIFEST = "manifest.json"
MANIFEST_LIMIT_BYTES = 1_000_000


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A database of a service, or a volume. `kind` is the service's, or "volume"; `image` is what the service
    ran; `database` and `path` say where the data was."""

    kind: str
    name: str
    file: str
    digest: str
    size_bytes: int
    image: str = ""
    database: str = ""
    path: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`left_out` says, a sentence each, what the app has and the file has not."""

    format: int
    app: str
    made: str
    okamochi: str
    parts: tuple[Part, ...]
    left_out: tuple[str, ...] = ()


def write_backup(target: Path, manifest: Manifest, folder: Path) -> None:
    """Whole or not at all, readable by its owner only: it holds all that the app knows. The parts are files
    of the folder."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    handle, unfinished = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream, tarfile.open(fileobj=stream, mode="w") as tar:
            beginning = tarfile.TarInfo(MANIFEST)
            beginning.size, beginning.mode = len(content), 0o600
            import io

            tar.addfile(beginning, io.BytesIO(content))
            for part in manifest.parts:
                member = tarfile.TarInfo(part.file)
                member.size, member.mode = part.size_bytes, 0o600
                with (folder / part.file).open("rb") as source:
                    tar.addfile(member, source)
            tar.close()
            stream.flush()
            os.fsync(stream.fileno())
        Path(unfinished).replace(target)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class BackupFile:
    path: Path
    manifest: Manifest

    @classmethod
    def open(cls, path: Path) -> "BackupFile":
        """UsageError when it is no backup, or its parts are not what its manifest says: all are read."""
        try:
            with tarfile.open(path, "r:") as tar:
                manifest = read_manifest(tar, path)
                found = {one.name: one for one in tar.getmembers() if one.isreg()}
                for part in manifest.parts:
                    check_part(tar, found.get(part.file), part, path)
        except archive_damages(OSError) as error:
            raise refused(path, f"it cannot be read: {error}") from error
        return cls(path, manifest)

    @contextmanager
    def part(self, part: Part) -> Iterator[BinaryIO]:
        """An open file, since programs read from it by its number."""
        with tarfile.open(self.path, "r:") as tar, tempfile.TemporaryFile() as plain:
            content = tar.extractfile(part.file)
            assert content is not None
            import shutil

            shutil.copyfileobj(content, plain)
            plain.seek(0)
            yield cast(BinaryIO, plain)


def read_manifest(tar: tarfile.TarFile, path: Path) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or first.size > MANIFEST_LIMIT_BYTES:
        raise refused(path, "it does not begin with a manifest")
    stream = tar.extractfile(first)
    try:
        manifest = msgspec.json.decode(stream.read() if stream else b"", type=Manifest)
    except msgspec.MsgspecError as error:
        raise refused(path, f"its manifest is damaged: {error}") from error
    if manifest.format != FORMAT:
        raise refused(path, f"it is of format {manifest.format}; this okamochi knows {FORMAT}")
    return manifest


def check_part(tar: tarfile.TarFile, member: tarfile.TarInfo | None, part: Part, path: Path) -> None:
    if member is None or member.size != part.size_bytes:
        raise refused(path, f"{part.file} is missing or cut off")
    stream = tar.extractfile(member)
    if stream is None or str(Digest.of_stream(cast(BinaryIO, stream))) != part.digest:
        raise refused(path, f"{part.file} is not what was saved: another digest")


def refused(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path.name} is no backup that can be restored: {why}",
        where=str(path),
        hint="name a file that okamochi backup wrote, whole",
    )
