"""A wheel that was built from source: checked, since a stranger's program wrote it, and written anew so that
the same files give the same bytes."""

import csv
import io
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from okamochi.errors import BuildError
from okamochi.model.lock import LockedWheel
from okamochi.system.archive_damages import archive_damages

__all__ = ["INSTANT", "Built", "asked_by", "normalized", "require_wheel_of"]

# The first instant that a zip can hold.
INSTANT = (1980, 1, 1, 0, 0, 0)
MEMBERS_LIMIT = 200_000
SIZE_LIMIT_BYTES = 2_000_000_000
HINT = "its build script made something else than a wheel: take another version, or one that ships wheels"


class Built(msgspec.Struct, frozen=True):
    """`wheel` says what it was built from; `path` is its file in the cache."""

    wheel: LockedWheel
    path: Path


def asked_by(built: Built) -> Iterator[Requirement]:
    """What the wheel depends on, whatever extras and environments it names."""
    with zipfile.ZipFile(built.path) as archive:
        names = [one for one in archive.namelist() if one.endswith(".dist-info/METADATA")]
        text = archive.read(names[0]).decode("utf-8", "replace") if names else ""
    for line in HeaderParser().parsestr(text).get_all("Requires-Dist", []):
        with suppress(InvalidRequirement):
            yield Requirement(str(line))


def require_wheel_of(filename: str, name: str, version: str) -> str:
    """The version. BuildError when the file's name is not that of a wheel of this package and version, which
    is any when it is ""."""
    try:
        found = parse_wheel_filename(filename)
        fits = canonicalize_name(found[0]) == name and (not version or found[1] == Version(version))
        if fits:
            return version or str(found[1])
    except (InvalidWheelFilename, ValueError):
        pass
    raise BuildError(f"{filename[:200]!a} is no wheel of {name} {version}", where=name, hint=HINT)


def normalized(source: BinaryIO, to: BinaryIO, where: str) -> None:
    """Writes the wheel anew: members sorted, no times, two modes, nothing compressed (zlib's output differs
    among versions).

    BuildError for paths that lead out, links, duplicates and absurd sizes."""
    with reading(where):
        archive = zipfile.ZipFile(source)
        members = checked(archive, where)
    with archive, zipfile.ZipFile(to, "w", zipfile.ZIP_STORED) as written:
        for member in sorted(members, key=lambda one: (one.filename.endswith("/RECORD"), one.filename)):
            with reading(where):
                content = archive.read(member)
                if member.filename.endswith(".dist-info/RECORD"):
                    content = sorted_record(content)
            entry = zipfile.ZipInfo(member.filename, INSTANT)
            entry.create_system = 3
            executable = (member.external_attr >> 16) & stat.S_IXUSR
            entry.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
            written.writestr(entry, content)


@contextmanager
def reading(where: str) -> Iterator[None]:
    """BuildError for what cannot be read. Writing is no part of it: a full disk is no fault of the wheel."""
    try:
        yield
    except archive_damages(OSError) as problem:
        raise BuildError(f"what was built cannot be read: {problem}", where=where, hint=HINT) from problem


def checked(archive: zipfile.ZipFile, where: str) -> list[zipfile.ZipInfo]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    names = {member.filename for member in members}
    size_bytes = sum(member.file_size for member in members)
    if len(names) != len(members) or len(members) > MEMBERS_LIMIT or size_bytes > SIZE_LIMIT_BYTES:
        raise BuildError("what was built has an absurd size, or a path twice", where=where, hint=HINT)
    for member in members:
        path = PurePosixPath(member.filename)
        mode = member.external_attr >> 16
        leads_out = (
            path.is_absolute() or ".." in path.parts or "\\" in member.filename or "\0" in member.filename
        )
        if leads_out or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
            raise BuildError(f"what was built has {member.filename[:200]!a}", where=where, hint=HINT)
    return members


def sorted_record(content: bytes) -> bytes:
    found = sorted(csv.reader(io.StringIO(content.decode("utf-8"))))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(found)
    return text.getvalue().encode()
