"""What is in the archive of a source distribution, read before anything of it is unpacked."""

import posixpath
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from okamochi.errors import BuildError
from okamochi.system.archive_damages import archive_damages
from okamochi.system.files import checked_path
from okamochi.system.words import word_tuple

__all__ = ["HINT", "check_archive", "compiles", "pyproject_of"]

MEMBERS_LIMIT = 200_000
SIZE_LIMIT_BYTES = 4_000_000_000
# Source text compresses to a fourth; what is packed a hundred times more tightly is no such thing.
MOST_EXPANSION = 100
LEAST_LIMIT_BYTES = 256 * 2**20
PYPROJECT_LIMIT_BYTES = 1_000_000
COMPILED = word_tuple(
    ".c .cc .cpp .cxx .pyx .pxd .rs .f .f90 .s .swg .i .go .cu cmakelists.txt meson.build configure "
    "cargo.toml"
)
# Beside the package: what lies there is not built with it.
BESIDE = frozenset(word_tuple("doc docs test tests example examples benchmark benchmarks"))
HINT = "take another version, or a package that ships wheels"


def check_archive(path: Path, filename: str) -> None:
    """BuildError for what is damaged, unpacks to an absurd size, leads out of its folder, or is no file."""
    size_bytes = 0
    expanded = max(LEAST_LIMIT_BYTES, MOST_EXPANSION * path.stat().st_size)
    with told(filename):
        for count, (name, member_bytes) in enumerate(members(path, filename)):
            checked_path(name, archive=filename)
            size_bytes += member_bytes
            if count > MEMBERS_LIMIT or size_bytes > min(SIZE_LIMIT_BYTES, expanded):
                raise BuildError("the source unpacks to an absurd size", where=filename, hint=HINT)


def pyproject_of(path: Path, filename: str) -> bytes:
    """The content of pyproject.toml in the only folder of the archive; empty when there is none."""
    with told(filename):
        if filename.endswith(".zip"):
            with zipfile.ZipFile(path) as archive:
                return from_zip(archive)
        with tarfile.open(path) as packed:
            return from_tar(packed)


def compiles(path: Path, filename: str) -> bool:
    """Whether the archive holds anything that a compiler would read. What cannot be read, may."""
    try:
        names = [name.lower() for name, _ in members(path, filename)]
        return any(name.endswith(COMPILED) and not lies_beside(name) for name in names)
    except archive_damages(OSError):
        return True


def lies_beside(name: str) -> bool:
    folders = name.strip("./").split("/")[1:-1]
    return bool(folders) and folders[0] in BESIDE


def members(path: Path, filename: str) -> Iterator[tuple[str, int]]:
    """Names and sizes, as the archive says them."""
    if filename.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            yield from ((one.filename, one.file_size) for one in archive.infolist())
        return
    with tarfile.open(path) as packed:
        for one in packed:
            check_kind(one, filename)
            if one.name.strip("./"):  # not the folder itself, as some archives begin
                yield one.name, one.size


def check_kind(member: tarfile.TarInfo, filename: str) -> None:
    """BuildError for a link that leads out of the archive, and for what is neither file, folder nor link."""
    if member.isreg() or member.isdir():
        return
    wrong = "is a special file"
    if member.issym() or member.islnk():
        folder = posixpath.dirname(member.name) if member.issym() else ""
        target = posixpath.normpath(posixpath.join(folder, member.linkname))
        if not (target.startswith(("/", "../")) or target == ".."):
            return
        wrong = f"is a link to {member.linkname[:200]!r}, outside of it"
    raise BuildError(f"the source's member {member.name[:200]!r} {wrong}", where=filename, hint=HINT)


@contextmanager
def told(filename: str) -> Iterator[None]:
    try:
        yield
    except archive_damages(OSError) as problem:
        raise BuildError(f"the source cannot be unpacked: {problem}", where=filename, hint=HINT) from problem


def from_zip(archive: zipfile.ZipFile) -> bytes:
    for member in archive.infolist():
        if is_pyproject(member.filename):
            with archive.open(member) as stream:
                return stream.read(PYPROJECT_LIMIT_BYTES)
    return b""


def from_tar(archive: tarfile.TarFile) -> bytes:
    for member in archive:
        if is_pyproject(member.name) and member.isreg():
            stream = archive.extractfile(member)
            return stream.read(PYPROJECT_LIMIT_BYTES) if stream else b""
    return b""


def is_pyproject(name: str) -> bool:
    folder, _, last = name.removeprefix("./").partition("/")
    return bool(folder) and last == "pyproject.toml"
