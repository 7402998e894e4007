"""What is in the archive of a source distribution, read before anything of it is unpacked."""

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from okamochi.errors import BuildError
from okamochi.system.files import checked_path

__all__ = ["check_archive", "compiles", "pyproject_of"]

MEMBERS_LIMIT = 200_000
SIZE_LIMIT_BYTES = 4_000_000_000
PYPROJECT_LIMIT_BYTES = 1_000_000
COMPILED = (
    *(".c", ".cc", ".cpp", ".cxx", ".pyx", ".pxd", ".rs", ".f", ".f90", ".s", ".swg", ".i", ".go", ".cu"),
    *("cmakelists.txt", "meson.build", "configure", "cargo.toml", "makefile"),
)
HINT = "take another version, or a package that ships wheels"
DAMAGES = (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, zlib.error)


def check_archive(path: Path, filename: str) -> None:
    """BuildError for what is damaged, unpacks to an absurd size, or leads out of its folder."""
    size_bytes = 0
    with told(filename):
        for count, (name, member_bytes) in enumerate(members(path, filename)):
            checked_path(name, archive=filename)
            size_bytes += member_bytes
            if count > MEMBERS_LIMIT or size_bytes > SIZE_LIMIT_BYTES:
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
        return any(name.lower().endswith(COMPILED) for name, _ in members(path, filename))
    except DAMAGES:
        return True


def members(path: Path, filename: str) -> Iterator[tuple[str, int]]:
    """Names and sizes, as the archive says them."""
    if filename.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            yield from ((one.filename, one.file_size) for one in archive.infolist())
        return
    with tarfile.open(path) as packed:
        # the folder itself, as some archives begin
        yield from ((one.name, one.size) for one in packed if one.name.strip("./"))


@contextmanager
def told(filename: str) -> Iterator[None]:
    try:
        yield
    except DAMAGES as problem:
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
