"""Archives of strangers that make the standard library raise what nobody would look for."""

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from okamochi.errors import OkamochiError
from okamochi.oci.saved_archive import read_saved
from okamochi.oci.tree import tree_of_layers
from okamochi.pypi.built_wheel import normalized
from okamochi.pypi.sdist_files import check_archive, pyproject_of
from okamochi.run.host.unpack import unpack_layer
from okamochi.system.cache import Cache
from okamochi.workflows.starting.backup_file import BackupFile


def sparse_tar() -> bytes:
    """Says in words where its holes are."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("p/pyproject.toml")
        member.size = 10
        member.pax_headers = {"GNU.sparse.map": "0,x", "GNU.sparse.size": "20", "GNU.sparse.name": "p/q"}
        archive.addfile(member, io.BytesIO(bytes(10)))
    return content.getvalue()


def packed(method: int, name: str = "p/pyproject.toml", content: bytes = bytes(range(256))) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def overwritten(content: bytes, place: int, size: int = 40) -> bytes:
    return content[:place] + b"\xff" * size + content[place + size :]


TAR = sparse_tar()
LZMA = overwritten(packed(zipfile.ZIP_LZMA), 70)
BZIP2 = overwritten(packed(zipfile.ZIP_BZIP2), 70)
FUTURE = packed(zipfile.ZIP_STORED).replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\xff")
LONG_RECORD = packed(zipfile.ZIP_STORED, "x-1.dist-info/RECORD", b"a" * 200_000)


def of_file(read: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    def reader(content: bytes, folder: Path) -> object:
        path = folder / "archive"
        path.write_bytes(content)
        return read(path)

    return reader


SDIST = of_file(lambda path: check_archive(path, "p.tar"))
SDIST_ZIP = of_file(lambda path: pyproject_of(path, "p.zip"))
TREE = of_file(lambda path: tree_of_layers([path]))
BACKUP = of_file(BackupFile.open)


def wheel(content: bytes, folder: Path) -> None:
    normalized(io.BytesIO(content), io.BytesIO(), "p")


def layer(content: bytes, folder: Path) -> None:
    unpack_layer(io.BytesIO(content), folder, archive="layer")


def saved(content: bytes, folder: Path) -> None:
    read_saved(io.BytesIO(content), Cache.open(folder), where="image.tar")


@pytest.mark.parametrize(
    ("read", "content"),
    [
        *(pytest.param(read, TAR, id=name) for name, read in [("sdist", SDIST), ("tree", TREE)]),
        *(pytest.param(read, TAR, id=name) for name, read in [("backup", BACKUP), ("layer", layer)]),
        pytest.param(saved, TAR, id="saved image"),
        pytest.param(SDIST_ZIP, LZMA, id="sdist in lzma"),
        pytest.param(SDIST_ZIP, FUTURE, id="sdist of a later zip"),
        pytest.param(wheel, LZMA, id="wheel in lzma"),
        pytest.param(wheel, BZIP2, id="wheel in bzip2"),
        pytest.param(wheel, FUTURE, id="wheel of a later zip"),
        pytest.param(wheel, LONG_RECORD, id="wheel with a long row"),
    ],
)
def test_a_damaged_archive_is_an_error_that_names_it(
    read: Callable[[bytes, Path], object], content: bytes, tmp_path: Path
) -> None:
    with pytest.raises(OkamochiError) as caught:
        read(content, tmp_path)
    assert caught.value.where


def test_a_full_disk_is_no_fault_of_the_wheel() -> None:
    class Full(io.BytesIO):
        def write(self, content: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        normalized(io.BytesIO(packed(zipfile.ZIP_STORED)), cast(io.BytesIO, Full()), "p")
